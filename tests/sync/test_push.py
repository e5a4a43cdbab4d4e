"""One door in: stored first, then merged, judged and stamped in one transaction (SYNC)."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sync import apply, look, push, rebuild, waiting
from sync.entries import Draft
from sync.models import DeviceLog, File, Operation, Shard, UnreadableLine, VariantLine
from sync.protocol import ids

from .conftest import NOW, SHARD, Phone, World
from .machine import town
from .toys import SERVER, Alarm, Box, Note

Make = Callable[[], UUID]
MINUTE = dt.timedelta(minutes=1)


def new() -> UUID:
    return ids.uuid7(NOW)


def make_box(phone: Phone, colour: str = "red") -> UUID:
    box = new()
    phone.say("box.make", box, {"shard": SHARD, "set": {"colour": {"v": colour, "saw": []}}})
    return box


def op_of(line: bytes) -> str:
    return str(json.loads(line)["op"])


def test_an_operation_is_applied_and_its_row_stamped(phone: Phone) -> None:
    box = make_box(phone)
    (receipt,) = phone.push()
    assert (receipt.outcome, receipt.flags, receipt.again) == ("applied", [], False)
    row = Box.objects.get(id=box)
    assert (row.colour, row.shard, row.feed) == ("red", SHARD, 1)
    assert Shard.objects.get(code=SHARD).value == 1


def test_sending_twice_is_idempotent_and_says_again(phone: Phone) -> None:
    make_box(phone)
    phone.push()
    (receipt,) = phone.push()
    assert (receipt.outcome, receipt.again) == ("applied", True)
    assert Operation.objects.count() == Box.objects.count() == 1
    assert Box.objects.get().feed == 1


def test_one_line_on_two_workers_at_once_is_applied_once_and_as_it_was_stored(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone.say("note.write", new(), {"text": "seen"}, file=make_box(phone))
    at_work: list[Callable[[], None]] = []

    def wait(stored: object, **more: object) -> None:
        at_work.append(partial(apply.apply_stored, stored, **more))  # type: ignore[arg-type]
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(push, "apply_stored", wait)
        for seconds in (0, 5):
            with pytest.raises(SystemExit):
                phone.push(now=NOW + dt.timedelta(seconds=seconds))
    for go_on in reversed(at_work):
        go_on()
    assert set(Operation.objects.values_list("outcome", flat=True)) == {"applied"}
    assert Shard.objects.get(code=SHARD).value == 2
    assert not list(rebuild.differences())


def test_twice_in_one_push_is_once(phone: Phone) -> None:
    make_box(phone)
    first, second = phone.push(phone.log[0], phone.log[0])
    assert (first.again, second.again) == (False, True)
    assert Operation.objects.count() == 1


def test_one_broken_line_harms_one_line_and_is_kept(phone: Phone) -> None:
    make_box(phone)
    broken, fine = phone.push(b'{"op": 1', phone.log[0])
    assert (broken.outcome, broken.code, broken.line) == ("quarantined", "line.unreadable", 1)
    assert "kept" in (broken.message or "")
    assert fine.outcome == "applied"
    assert UnreadableLine.objects.count() == 1
    phone.push(b'{"op": 1')
    assert UnreadableLine.objects.count() == 1


def test_a_wrong_type_names_its_field(phone: Phone) -> None:
    make_box(phone)
    wrong = json.loads(phone.log[0])
    wrong["seq"] = "one"
    (receipt,) = phone.push(json.dumps(wrong).encode())
    assert receipt.fields == ["seq"]


@pytest.mark.parametrize(
    ("member", "value"), [("seq", 2**63), ("base", 2**63), ("kind", "box\x00make")]
)
def test_a_value_the_database_cannot_hold_harms_its_own_line_only(
    phone: Phone, member: str, value: object
) -> None:
    make_box(phone)
    wrong = json.loads(phone.log[0])
    wrong[member] = value
    broken, fine = phone.push(json.dumps(wrong).encode(), phone.log[0])
    assert (broken.code, broken.fields) == ("line.unreadable", [member])
    assert fine.outcome == "applied"


def test_an_unknown_kind_is_quarantined_and_kept(phone: Phone) -> None:
    phone.say("ghost.see", new(), {})
    (receipt,) = phone.push()
    assert (receipt.outcome, receipt.code, receipt.fields) == (
        "quarantined",
        "kind.unknown",
        ["kind"],
    )
    assert Operation.objects.get().outcome == "quarantined"


def test_evidence_with_unusable_contents_is_applied_with_problems(phone: Phone) -> None:
    box = make_box(phone)
    phone.say("note.write", new(), {"text": 7}, file=box)
    _, receipt = phone.push()
    assert (receipt.outcome, receipt.flags) == ("applied", ["problems"])
    assert receipt.problems == [{"field": "text", "code": "type", "message": "text must be text"}]


def test_a_receipt_given_again_says_the_same_and_no_more(world: World, phone: Phone) -> None:
    box = make_box(Phone())
    phone.say("note.write", new(), {"text": 7}, file=box)
    (first,), (second,) = phone.push(), phone.push()
    second.again = False
    assert first == second
    assert first.flags == ["problems"]


def test_evidence_is_never_held_with_a_group(phone: Phone) -> None:
    half = {"id": str(new()), "n": 3}
    phone.say("note.write", new(), {"text": "seen"}, group=half)
    phone.say("box.make", new(), {"set": {}}, group=half)
    note, box = phone.push()
    assert (note.outcome, box.outcome) == ("applied", "held")


def test_evidence_about_an_unknown_file_opens_a_stub(phone: Phone) -> None:
    file = new()
    phone.say("note.write", new(), {"text": "seen"}, file=file)
    (receipt,) = phone.push()
    assert (receipt.outcome, receipt.flags) == ("applied", [])
    assert File.objects.get(id=file).stub


def test_an_edit_waits_for_its_record_and_is_released_by_it(phone: Phone) -> None:
    box = new()
    paint = phone.say("box.paint", box, {"set": {"colour": {"v": "blue", "saw": []}}})
    (held,) = phone.push()
    assert (held.outcome, held.code) == ("held", "target.unknown")
    phone.say("box.make", box, {"shard": SHARD, "set": {}})
    phone.push()
    assert Box.objects.get(id=box).colour == "blue"
    assert Operation.objects.get(op=op_of(paint)).outcome == "applied"


def test_order_of_arrival_does_not_change_a_register(world: World) -> None:
    colours = []
    for backwards in (False, True):
        phone = Phone()
        box = new()
        make = phone.say("box.make", box, {"set": {"colour": {"v": "red", "saw": []}}})
        phone.say("box.paint", box, {"set": {"colour": {"v": "blue", "saw": [op_of(make)]}}})
        lines = phone.log[::-1] if backwards else phone.log
        for line in lines:
            phone.push(line)
        row = Box.objects.get(id=box)
        colours.append((row.colour, row.conflicts))
    assert colours == [("blue", []), ("blue", [])]


@pytest.mark.parametrize("kept_comes_last", [False, True])
def test_what_a_held_edit_had_seen_does_not_come_back_beside_the_edit_that_saw_it(
    phone: Phone, kept_comes_last: bool
) -> None:
    box = make_box(phone, "red")
    phone.push()
    made = op_of(phone.log[0])
    half_a_group = {"id": str(new()), "n": 2}
    held = phone.say(
        "box.paint", box, {"set": {"colour": {"v": "green", "saw": [made]}}}, group=half_a_group
    )
    last = phone.say("box.paint", box, {"set": {"colour": {"v": "blue", "saw": [op_of(held)]}}})
    for line in (last, held) if kept_comes_last else (held, last):
        phone.push(line)
    assert Operation.objects.get(op=op_of(held)).outcome == "held"
    row = Box.objects.get(id=box)
    assert (row.colour, row.conflicts) == ("blue", [])
    assert list(rebuild.differences()) == []


def test_disagreement_is_a_conflict_that_a_person_resolves(world: World, phone: Phone) -> None:
    box = make_box(phone, "red")
    phone.push()
    other = Phone()
    world.grant(other, box)
    world.grant(phone, box)
    base = op_of(phone.log[0])
    mine = phone.say("box.paint", box, {"set": {"colour": {"v": "green", "saw": [base]}}})
    theirs = other.say("box.paint", box, {"set": {"colour": {"v": "blue", "saw": [base]}}})
    phone.push(mine)
    (receipt,) = other.push(theirs)
    assert receipt.flags == ["conflict", "merged"]
    assert Box.objects.get(id=box).conflicts == ["colour"]
    saw = [op_of(mine), op_of(theirs)]
    phone.say("box.paint", box, {"set": {"colour": {"v": "blue", "saw": saw}}})
    phone.push()
    assert Box.objects.get(id=box).conflicts == []


def test_a_group_is_applied_whole_or_held_whole(phone: Phone) -> None:
    group = {"id": str(new()), "n": 2}
    first, second = new(), new()
    one = phone.say("box.make", first, {"set": {}}, group=group)
    two = phone.say("box.make", second, {"set": {}}, group=group)
    (held,) = phone.push(one)
    assert (held.outcome, held.code) == ("held", "group.incomplete")
    assert not Box.objects.exists()
    (applied,) = phone.push(two)
    assert applied.outcome == "applied"
    assert Box.objects.count() == 2
    assert set(Operation.objects.values_list("outcome", flat=True)) == {"applied"}


def test_a_member_that_cannot_be_applied_holds_its_group(phone: Phone) -> None:
    group = {"id": str(new()), "n": 2}
    phone.say("box.make", new(), {"set": {}}, group=group)
    phone.say("box.paint", new(), {"set": {}}, group=group)
    assert [receipt.outcome for receipt in phone.push()] == ["held", "held"]
    assert not Box.objects.exists()


def test_other_bytes_under_one_id_in_one_push_are_kept_too(phone: Phone) -> None:
    box = make_box(phone, "red")
    forged = json.loads(phone.log[0])
    forged["data"]["set"]["colour"]["v"] = "black"
    first, second, same = phone.push(phone.log[0], json.dumps(forged).encode(), phone.log[0])
    assert first.outcome == "applied"
    assert (second.outcome, second.code) == ("quarantined", "op.taken")
    assert (same.outcome, same.again) == ("applied", True)
    assert VariantLine.objects.count() == 1
    assert Box.objects.get(id=box).colour == "red"


def test_same_operation_id_with_other_bytes_changes_nothing_and_is_kept(phone: Phone) -> None:
    box = make_box(phone, "red")
    phone.push()
    forged = json.loads(phone.log[0])
    forged["data"]["set"]["colour"]["v"] = "black"
    (receipt,) = phone.push(json.dumps(forged).encode())
    assert (receipt.outcome, receipt.code) == ("quarantined", "op.taken")
    assert Box.objects.get(id=box).colour == "red"
    assert VariantLine.objects.count() == 1


def test_a_clone_is_noticed_and_its_work_is_kept(phone: Phone) -> None:
    make_box(phone)
    phone.push()
    clone = Phone()
    clone.device, clone.person = phone.device, phone.person
    make_box(clone)
    (receipt,) = clone.push()
    assert (receipt.outcome, receipt.flags) == ("applied", ["fork"])
    assert DeviceLog.objects.get(device=phone.device).cloned_at == NOW


def test_the_server_says_what_it_has_and_what_it_lacks(phone: Phone) -> None:
    for _ in range(4):
        make_box(phone)
    phone.push(phone.log[0], phone.log[3])
    assert DeviceLog.objects.get(device=phone.device).have == [[1, 1], [4, 4]]


def test_a_finding_is_opened_in_the_transaction_and_once(phone: Phone) -> None:
    box = make_box(phone)
    phone.say("note.write", new(), {"text": "help"}, file=box)
    phone.push()
    phone.push()
    alarm = Alarm.objects.get()
    assert (alarm.status, alarm.file, alarm.revision) == ("open", box, 1)
    assert alarm.feed > 0


def test_what_follows_from_an_operation_is_the_same_after_a_restore(phone: Phone) -> None:
    """So that nothing is opened, sent or delivered a second time."""
    phone.say("note.write", new(), {"text": "help"}, file=make_box(phone))
    phone.push()
    before = Alarm.objects.get().id
    town.empty()
    phone.push()
    assert Alarm.objects.get().id == before


def test_no_evidence_is_written_without_what_follows_from_it(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = make_box(phone)
    phone.push()
    note = phone.say("note.write", new(), {"text": "help"}, file=box)

    def broken(applied: object, now: dt.datetime) -> list[Draft]:
        raise RuntimeError("rules are broken")

    with monkeypatch.context() as patch:
        patch.setattr(apply.ports(), "react", broken)
        (receipt,) = phone.push(note)
    assert (receipt.outcome, receipt.code) == ("held", "server.retry")
    assert not Note.objects.exists()
    assert push.retry(now=NOW) == 0
    assert push.retry(now=NOW + MINUTE) == 1
    assert Note.objects.count() == Alarm.objects.count() == 1


def test_a_bug_in_one_operation_does_not_harm_its_neighbours(phone: Phone) -> None:
    box = make_box(phone)
    phone.say("note.write", new(), {"text": "break the server"}, file=box)
    phone.say("note.write", new(), {"text": "fine"}, file=box)
    outcomes = [receipt.outcome for receipt in phone.push()]
    assert outcomes == ["applied", "held", "applied"]
    error = Operation.objects.get(outcome="held").error
    assert error.startswith("RuntimeError: a bug in what follows at tests/sync/toys.py:"), error


def test_evidence_that_its_record_type_fails_on_is_applied_with_what_can_be_used(
    phone: Phone,
) -> None:
    note = phone.say("note.write", new(), {"text": "break the record", "more": "x"})
    fine = phone.say("note.write", new(), {"text": "fine"})
    broken, whole = phone.push(note, fine)
    assert (broken.outcome, broken.flags, whole.flags) == ("applied", ["problems"], [])
    assert broken.problems[0]["code"] == "contents.unusable"
    assert Note.objects.get(op=op_of(note)).length == 0
    assert list(rebuild.differences()) == []


def test_evidence_whose_words_no_library_takes_is_applied_and_for_a_person_to_read(
    phone: Phone,
) -> None:
    box = make_box(phone)
    phone.push()
    note = phone.say("note.write", new(), {"text": "break a library"}, file=box)
    fine = phone.say("note.write", new(), {"text": "fine"}, file=box)
    broken, whole = phone.push(note, fine)
    assert (broken.outcome, broken.flags, whole.flags) == ("applied", ["problems"], [])
    assert Note.objects.get(op=op_of(note)).length == len("break a library")
    assert Alarm.objects.get().file == box
    assert phone.push(note)[0].again
    assert Alarm.objects.count() == 1
    assert list(rebuild.differences()) == []


def test_an_edit_whose_line_is_read_mended_waits_for_a_person(phone: Phone) -> None:
    box = make_box(phone)
    edit = phone.say("box.paint", box, {"set": {"colour": {"v": "re", "saw": []}}}, file=box)
    half = edit.replace(b'"re"', b'"re\\ud83d"')
    _, receipt = phone.push(phone.log[0], half)
    assert (receipt.outcome, receipt.code) == ("quarantined", "data.malformed")
    assert (
        look.contents(waiting.one(UUID(op_of(half)))).line["data"]["set"]["colour"]["v"]
        == "re\ufffd"
    )


def test_what_a_crash_left_unjudged_is_applied_later(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_box(phone)
    with monkeypatch.context() as patch:
        patch.setattr(
            push, "apply_stored", lambda *args, **kwargs: (_ for _ in ()).throw(SystemExit)
        )
        with pytest.raises(SystemExit):
            phone.push()
    assert Operation.objects.get().outcome == "received"
    (receipt,) = phone.push()
    assert receipt.outcome == "applied"
    assert Box.objects.count() == 1


def test_a_phone_cannot_change_what_only_the_office_changes(phone: Phone) -> None:
    phone.say("alarm.closed", new(), {"revision": 1})
    (receipt,) = phone.push()
    assert (receipt.outcome, receipt.code) == ("quarantined", "kind.office_only")


def test_somebody_not_enrolled_on_the_phone_adds_evidence_and_changes_nothing(phone: Phone) -> None:
    box = make_box(phone, "red")
    phone.push()
    stranger = str(new())
    note = phone.say("note.write", new(), {"text": "seen"}, file=box, person=stranger)
    paint = phone.say("box.paint", box, {"set": {}}, person=stranger)
    (evidence, change) = phone.push(note, paint)
    assert (evidence.outcome, evidence.flags) == ("applied", ["person"])
    assert (change.outcome, change.code) == ("held", "person.not_enrolled")


def test_the_office_is_told_when_somebody_was_first(phone: Phone) -> None:
    box = make_box(phone)
    phone.say("note.write", new(), {"text": "help"}, file=box)
    phone.push()
    alarm = Alarm.objects.get()

    def close() -> Draft:
        return Draft(
            op=new(), person=SERVER, kind="alarm.closed", target=alarm.id, file=box,
            data={"revision": 1}, at=NOW,
        )  # fmt: skip

    (first,) = push.submit([close()], now=NOW)
    (second,) = push.submit([close()], now=NOW)
    assert (first.outcome, second.outcome, second.code) == ("applied", "quarantined", "stale")


def test_out_of_scope_and_unknown_get_the_same_answer(world: World, phone: Phone) -> None:
    box = make_box(phone)
    phone.push()
    stranger = Phone()
    edit = {"set": {"colour": {"v": "black", "saw": []}}}
    stranger.say("box.paint", box, edit)
    stranger.say("box.paint", new(), edit)
    known, unknown = stranger.push()
    known.op = unknown.op
    assert known == unknown
    assert Box.objects.get(id=box).colour == "red"


def test_what_she_recorded_before_she_heard_of_the_exit_is_applied(
    world: World, phone: Phone
) -> None:
    box = make_box(phone)
    phone.pull()
    world.grant(phone, box)
    phone.pull()
    known = phone.generation
    world.withdraw(phone, box)
    phone.pull()
    early = phone.say("box.paint", box, {"set": {"colour": {"v": "blue", "saw": []}}}, base=known)
    late = phone.say("box.paint", box, {"set": {"colour": {"v": "black", "saw": []}}})
    before, after = phone.push(early, late)
    assert (before.outcome, after.outcome) == ("applied", "held")


def test_an_operation_on_an_erased_file_is_kept_and_never_read(world: World, phone: Phone) -> None:
    box = make_box(phone)
    phone.push()
    world.keys.erased.add(box)
    phone.say("note.write", new(), {"text": "late"}, file=box)
    receipt = phone.push()[-1]
    assert (receipt.outcome, receipt.code) == ("quarantined", "file.erased")


def test_what_the_office_says_of_an_erased_file_is_kept_and_it_is_told(
    world: World, phone: Phone
) -> None:
    box = make_box(phone)
    phone.push()
    world.keys.erased.add(box)
    draft = Draft(
        op=new(), person=SERVER, kind="box.paint", target=box, file=box, data={"set": {}}, at=NOW
    )
    (receipt,) = push.submit([draft], now=NOW, english=True)
    assert (receipt.outcome, receipt.code) == ("quarantined", "file.erased")
    assert Operation.objects.get(op=draft.op).outcome == "quarantined"


def test_a_clock_ten_years_wrong_is_corrected(phone: Phone) -> None:
    box = new()
    wrong = NOW.replace(year=2016)
    phone.say("box.make", box, {"set": {}}, wall=wrong.isoformat())
    push.push(phone.log, sender=phone.sender, wall=wrong, now=NOW)
    assert Operation.objects.get().at == int(NOW.timestamp() * 1000)


def test_nothing_readable_stands_in_the_tables(phone: Phone) -> None:
    box = make_box(phone, "vermilion")
    phone.say("note.write", new(), {"text": "her own words"}, file=box)
    phone.push()
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(o::text, ' ') FROM sync_operation o")
        dump = cursor.fetchone()[0]
        cursor.execute("SELECT string_agg(encode(state, 'escape'), ' ') FROM toys_box")
        dump += cursor.fetchone()[0]
    assert "vermilion" not in dump
    assert "her own words" not in dump
    assert b"vermilion".hex() not in dump


@pytest.mark.parametrize("kind", ["note", "box", "help"])
def test_statements_do_not_grow_with_the_number_of_operations(world: World, kind: str) -> None:
    counts = []
    for size in (1, 50, 500):
        phone = Phone()
        box = make_box(phone)
        phone.push()
        lines = []
        for _ in range(size):
            if kind == "box":
                make_box(phone)
            else:
                phone.say("note.write", new(), {"text": kind}, file=box)
            lines.append(phone.log[-1])
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert all(receipt.outcome == "applied" for receipt in phone.push(*lines))
        counts.append(len(queries))
    assert len(set(counts)) == 1, counts


def test_a_rebuild_finds_nothing_after_a_push_and_names_what_was_tampered(phone: Phone) -> None:
    box = make_box(phone)
    phone.say("note.write", new(), {"text": "help"}, file=box)
    phone.say("box.paint", box, {"set": {"colour": {"v": "blue", "saw": []}}})
    phone.push()
    assert list(rebuild.differences()) == []
    Box.objects.update(colour="black")
    Alarm.objects.update(status="closed")
    assert {(d.type, d.column) for d in rebuild.differences()} == {
        ("box", "colour"),
        ("alarm", "status"),
    }


def test_what_a_server_that_died_left_unjudged_is_judged_as_it_came_then(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_box(phone)
    wrong = NOW - dt.timedelta(days=3)
    with monkeypatch.context() as patch:
        patch.setattr(push, "apply_stored", _killed)
        with pytest.raises(KeyboardInterrupt):
            push.push(phone.log, sender=phone.sender, wall=wrong, now=NOW, english=True)
    came = Operation.objects.get()
    assert came.outcome == "received"
    # The phone's clock has been put right since, and its person enrolled elsewhere.
    later = NOW + dt.timedelta(hours=5)
    moved = replace(phone.sender, people=frozenset())
    (receipt,), _ = push.push(phone.log, sender=moved, wall=later, now=later, english=True)
    assert (receipt.outcome, receipt.flags) == ("applied", ["clock"])
    assert list(rebuild.differences()) == []


def _killed(*args: Any, **kwargs: Any) -> None:
    raise KeyboardInterrupt
