"""The reference client against a real server over HTTP: offline first, nothing lost, nothing kept too long."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sync.client import New, Phone, copy
from sync.client.transport import Answer, Http
from sync.protocol import ids

from . import toys
from .conftest import World


def box(phone: Phone, **fields: Any) -> UUID:
    data = {"set": {name: {"v": value, "saw": []} for name, value in fields.items()}}
    (saved,) = phone.append(New(kind="box.make", data=data))
    return saved.target


def test_what_was_recorded_offline_is_shown_at_once_and_stored_after_a_sync(
    make_phone: Any, world: World
) -> None:
    phone = make_phone()
    target = box(phone, colour="red")
    assert phone.record(target).values["colour"] == "red"
    assert phone.record(target).pending == 1
    report = phone.sync()
    assert [receipt["outcome"] for receipt in report.receipts] == ["applied"]
    assert phone.status()["operations"] == {"applied": 1, "held": 0, "quarantined": 0, "unsent": 0}
    world.grant(phone, target)
    assert phone.sync().entered == 1
    seen = phone.record(target)
    assert (seen.pending, seen.values["colour"], seen.rev is None) == (0, "red", False)


def test_two_phones_edit_one_record_offline_and_the_conflict_is_resolved(
    make_phone: Any, world: World
) -> None:
    one, two = make_phone(), make_phone()
    target = box(one, colour="red", size=1)
    one.sync()
    for phone in (one, two):
        world.grant(phone, target)
        phone.sync()
    one.edit(target, set={"colour": "blue", "size": 2})
    two.edit(target, set={"colour": "green"}, add={"tags": {"old": True}})
    for phone in (one, two, one, two):
        phone.sync()
    for phone in (one, two):
        assert phone.record(target).values["size"] == 2
        assert phone.record(target).values["tags"] == {"old": True}
        (conflict,) = phone.conflicts()
        assert {value["value"] for value in conflict["values"]} == {"blue", "green"}
    one.resolve(target, "colour", "blue")
    assert one.conflicts() == []
    one.sync()
    two.sync()
    assert two.conflicts() == []
    assert two.record(target).values["colour"] == "blue"
    assert two.sync().digest_agrees is True


def test_a_file_that_leaves_is_purged_and_confirmed(make_phone: Any, world: World) -> None:
    phone = make_phone()
    target = box(phone, colour="red")
    phone.append(New(kind="note.write", file=target, data={"text": "seen"}))
    phone.sync()
    world.grant(phone, target)
    phone.sync()
    assert len(phone.records(file=target)) == 2
    world.withdraw(phone, target)
    report = phone.sync()
    assert (report.left, report.digest_agrees) == (1, True)
    assert phone.records() == []
    assert toys.Box.objects.filter(id=target).exists()
    assert phone.sync().left == 0


class Tomorrow:
    """A server of a later version: each answer has members, codes and record types nobody knows yet."""

    def __init__(self, server: str) -> None:
        self.http = Http(server)

    def post(self, path: str, body: bytes, **more: Any) -> Answer:
        answer = self.http.post(path, body, **more)
        if answer.status != 200:
            return answer
        page = dict(answer.body)
        weather = {"weather": {"hash": "x", "value": [1]}}
        page |= {"tomorrow": {"s": "member"}, "config": page.get("config", {}) | weather}
        for receipt in page["receipts"]:
            receipt |= {"mood": "sunny", "flags": [*receipt.get("flags", []), "of_tomorrow"]}
        for entry in page.get("enter", []):
            another = UUID(int=UUID(entry["file"]).int ^ 1)
            entry["records"].append(
                {"type": "star", "id": str(another), "file": entry["file"], "rev": 1}
            )
        page.pop("digest", None)  # a real one would count the records that are added here
        return replace(answer, body=page)


def test_what_a_later_server_adds_is_ignored_and_harms_nothing(
    make_phone: Any, world: World
) -> None:
    phone = make_phone(connect=Tomorrow)
    target = box(phone, colour="red")
    assert phone.sync().receipts[0]["outcome"] == "applied"
    world.grant(phone, target)
    assert phone.sync().entered == 1
    assert phone.record(target).values["colour"] == "red"
    phone.edit(target, set={"colour": "blue"})
    assert phone.sync().receipts[0]["outcome"] == "applied"
    assert toys.Box.objects.get(id=target).colour == "blue"


def test_what_was_said_of_a_file_that_she_does_not_hold_is_not_to_be_read_once_it_has_arrived(
    make_phone: Any, world: World
) -> None:
    """No exit will come for it."""
    phone, other = make_phone(), make_phone()
    foreign, held = box(other, colour="red"), box(other, colour="blue")
    other.sync()
    world.grant(phone, held)
    phone.sync()
    for file in (foreign, held):
        phone.append(New(kind="note.write", file=file, data={"text": "he was alone"}))
    assert readable(phone) == {str(foreign), str(held)}
    phone.sync()
    assert readable(phone) == {str(held)}
    assert toys.Note.objects.filter(file=foreign).exists()


def test_what_she_opened_herself_stays_hers_to_read_while_its_file_is_on_the_way(
    make_phone: Any,
) -> None:
    phone = make_phone()
    own, foreign = box(phone, colour="blue"), ids.uuid7(phone.clock())
    saved = [
        *phone.append(New(kind="note.write", file=own, data={"text": "he was alone"})),
        *phone.append(New(kind="note.write", file=foreign, data={"text": "he was alone"})),
    ]
    with phone.store.transaction():
        copy.forget(phone.store, [{"op": str(one.op), "outcome": "held"} for one in saved])
    assert readable(phone) == {str(own), str(foreign)}
    with phone.store.transaction():
        copy.forget(phone.store, [{"op": str(one.op), "outcome": "applied"} for one in saved])
    assert readable(phone) == {str(own)}


def readable(phone: Phone) -> set[str]:
    """The files of which the phone's log can be read."""
    rows = phone.store.db.execute("SELECT DISTINCT file FROM log WHERE line IS NOT NULL")
    return {file for (file,) in rows}
