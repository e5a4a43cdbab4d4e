"""The queue of what waits for a person: everything in it, by shard, and nothing opened unasked."""

import datetime as dt
import json
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sync import apply, decide, look, overdue, review, unreadable, waiting
from sync.decide import Decision
from sync.models import DeviceLog, Operation
from sync.waiting import Filters, Item

from .conftest import NOW, SHARD, Phone, World
from .test_held import BLUE, MINUTE, WEEK, broken
from .test_push import make_box, new, op_of

HOUR = dt.timedelta(hours=1)
ACTOR = UUID(int=7)


def found(now: dt.datetime = NOW, **narrowed: Any) -> list[Item]:
    filters = Filters(**{"shards": [SHARD], **narrowed})
    return waiting.items(waiting.listed(filters, now=now, alarm_after=HOUR))


def what(now: dt.datetime = NOW, **narrowed: Any) -> list[tuple[str, str]]:
    return sorted((item.what, item.code) for item in found(now, **narrowed))


def end(item: Item, revision: int = 0) -> None:
    decision = Decision(kind=review.SET_ASIDE, actor=ACTOR, reason="seen", revision=revision)
    if item.what == waiting.OPERATION:
        decide.about_operation(item.id, decision, now=NOW + MINUTE)
    else:
        assert item.device
        decide.about_line(item.id, decision, device=item.device, shard=item.shard, now=NOW + MINUTE)


@pytest.fixture
def everything(world: World, phone: Phone) -> Phone:
    """One of each kind of thing that can need a person; returns the phone it came from."""
    box = make_box(phone)
    phone.say("ghost.see", new(), {}, file=box)
    phone.say("box.paint", box, BLUE, person=new())
    phone.push()
    variant = json.loads(phone.log[0])
    variant["data"] = {"set": {}}
    phone.push(json.dumps(variant).encode(), b'{"op": 1')
    unreadable.keep_body(b"no header", "header line", sender=phone.sender, now=NOW)
    clone = Phone()
    clone.device, clone.person = phone.device, phone.person
    clone.push(clone.say("note.write", new(), {"text": "copy"}, file=box))
    phone.revoked = True
    phone.push(phone.say("note.write", new(), {"text": "seen"}, file=box))
    return phone


def test_everything_that_needs_a_person_is_in_the_queue_until_she_has_dealt_with_it(
    everything: Phone,
) -> None:
    assert what() == [
        ("body", "body.unreadable"), ("clone", "device.cloned"), ("line", "line.unreadable"),
        ("operation", ""), ("operation", "kind.unknown"), ("operation", "person.not_enrolled"),
        ("variant", "op.taken"),
    ]  # fmt: skip
    for item in found():
        if item.outcome == "applied":
            approval = Decision(kind=review.APPROVE, actor=ACTOR, reason="fine", revision=0)
            decide.about_operation(item.id, approval, now=NOW)
        else:
            end(item)
    assert found() == []
    ended = found(state="set_aside")
    assert {item.what for item in ended} == set(waiting.WHAT)
    assert {(item.status, item.by, item.revision) for item in ended} == {("set_aside", ACTOR, 1)}


def test_it_is_narrowed_by_what_code_and_phone(everything: Phone) -> None:
    assert what(what="variant") == [("variant", "op.taken")]
    assert what(code="kind.unknown") == [("operation", "kind.unknown")]
    assert len(found(device=everything.device)) == 7
    assert found(device=new()) == []
    assert len(found(hidden=["box.paint"])) == 6
    assert len(found(hidden=["box.paint"], unhidden=[SHARD])) == 7


def test_another_shard_sees_nothing_of_it(everything: Phone) -> None:
    assert found(shards=["522629"]) == found(shards=[]) == []
    assert len(found(shards=["52"])) == len(found(shards=[""])) == 7


def test_an_operation_is_its_files_and_of_an_unknown_file_its_senders(phone: Phone) -> None:
    box = new()
    phone.push(phone.say("box.make", box, {"shard": "522629", "set": {}}))
    phone.push(phone.say("ghost.see", new(), {}, file=box))
    phone.push(phone.say("box.paint", box, BLUE, person=new()))
    phone.push(phone.say("box.paint", new(), BLUE, person=new()))
    assert what(shards=["522629"]) == [
        ("operation", "kind.unknown"), ("operation", "person.not_enrolled"),
    ]  # fmt: skip
    assert what() == [("operation", "person.not_enrolled")]


def test_what_waits_by_itself_is_apart_until_it_is_forced(phone: Phone) -> None:
    phone.push(phone.say("box.paint", new(), BLUE))
    assert (what(), what(state="waiting")) == ([], [("operation", "target.unknown")])
    overdue.force(now=NOW + WEEK + MINUTE, after=WEEK)
    assert (what(), what(state="waiting")) == ([("operation", "target.absent")], [])


def test_what_was_forced_and_applied_is_listed_until_somebody_has_looked(phone: Phone) -> None:
    group = {"id": str(new()), "n": 2}
    line = phone.say("box.paint", make_box(phone), BLUE, group=group)
    phone.push()
    overdue.force(now=NOW + WEEK + MINUTE, after=WEEK)
    (item,) = found()
    assert (str(item.op), item.outcome, item.status) == (op_of(line), "applied", "forced")
    approval = Decision(kind=review.APPROVE, actor=ACTOR, reason="fine", revision=1)
    decide.about_operation(item.id, approval, now=NOW + WEEK)
    assert found() == []


def test_what_the_server_fails_on_is_listed_after_an_hour(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(apply.ports(), "react", broken)
        phone.push(phone.say("note.write", new(), {"text": "seen"}, file=new()))
    assert (what(), what(state="waiting")) == ([], [("operation", "server.retry")])
    later = NOW + HOUR + MINUTE
    assert (what(later), what(later, state="waiting")) == ([("operation", "server.retry")], [])
    (item,) = found(later)
    assert item.attempts == 1


def test_a_clone_that_shows_itself_again_is_open_again(everything: Phone) -> None:
    (clone,) = found(what="clone")
    end(clone)
    assert found(what="clone") == []
    DeviceLog.objects.update(cloned_at=NOW + HOUR)
    assert len(found(what="clone")) == 1


def test_what_came_is_opened_as_it_came(everything: Phone) -> None:
    texts = {item.code: look.contents(item).text for item in found()}
    assert texts["body.unreadable"] == "no header"
    assert texts["line.unreadable"] == '{"op": 1'
    assert texts["device.cloned"] is None
    by_code = {item.code: look.contents(item) for item in found()}
    assert (by_code["kind.unknown"].line or {})["kind"] == "ghost.see"
    assert (by_code["op.taken"].line or {})["data"] == {"set": {}}
    assert by_code["line.unreadable"].line is None


def test_decisions_are_shown_with_their_reasons(phone: Phone) -> None:
    paint = phone.say("box.paint", make_box(phone), {"set": 7})
    phone.push()
    repair = Decision(
        kind=review.REPAIR, actor=ACTOR, reason="a typo", revision=0, members={"data": {"set": 8}}
    )
    decide.about_operation(UUID(op_of(paint)), repair, now=NOW)
    (item,) = found()
    (decided,) = look.contents(item).decisions
    assert (decided.kind, decided.by, decided.reason) == (review.REPAIR, ACTOR, "a typo")
    assert decided.members == {"data": {"set": 8}}
    assert (look.contents(item).line or {})["data"] == {"set": 7}


def test_one_is_found_by_its_id_whatever_it_is(everything: Phone) -> None:
    for item in found():
        assert waiting.one(item.id) == item
    assert waiting.one(new()) is None


def test_of_an_erased_file_nothing_is_opened(world: World, phone: Phone) -> None:
    box = make_box(phone)
    phone.push()
    world.keys.erased.add(box)
    phone.push(phone.say("note.write", new(), {"text": "late"}, file=box))
    (item,) = found()
    assert look.contents(item).text is None


def test_a_page_costs_the_same_for_one_and_for_fifty(phone: Phone) -> None:
    counts = []
    for size in (1, 50):
        for _ in range(size):
            phone.say("ghost.see", new(), {})
        phone.push()
        with CaptureQueriesContext(connection) as queries:
            assert len(found()) == Operation.objects.count()
        counts.append(len(queries))
    assert counts[0] == counts[1]
