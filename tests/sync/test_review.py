"""What a person decides about operations: repair, replay, approve, set aside (SYNC, Receipts)."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from sync import apply, decide, oplog, overdue, rebuild, review
from sync.decide import Decision
from sync.erase import erase
from sync.models import Operation, Review
from sync.protocol import messages
from sync.registry import Refused, registry

from .conftest import NOW, SHARD, Phone, World
from .test_held import BLUE, MINUTE, WEEK, outcome
from .test_push import make_box, new, op_of
from .toys import Box, Note

ACTOR = UUID(int=7)


def decided(line: bytes, step: str, /, *, revision: int = 0, **members: Any) -> messages.Receipt:
    decision = Decision(
        kind=step, actor=ACTOR, reason="looked at it", revision=revision, members=members or None
    )
    return decide.about_operation(UUID(op_of(line)), decision, now=NOW + MINUTE)


def test_a_repair_gives_other_contents_and_keeps_the_line_as_it_came(phone: Phone) -> None:
    box = make_box(phone, "red")
    made = op_of(phone.log[0])
    broken = phone.say("box.paint", box, {"set": {"colour": "blue"}})
    phone.push()
    assert outcome(broken) == ("quarantined", "data.malformed")
    data = {"set": {"colour": {"v": "blue", "saw": [made]}}}
    receipt = decided(broken, review.REPAIR, data=data)
    assert (receipt.outcome, receipt.flags) == ("applied", ["repaired"])
    row = Box.objects.get(id=box)
    assert (row.colour, row.conflicts) == ("blue", [])
    assert oplog.line(UUID(op_of(broken))) == broken
    assert list(rebuild.differences()) == []
    (told,) = phone.pull().later
    assert (str(told.op), told.outcome) == (op_of(broken), "applied")
    again = phone.push(broken)[0]
    assert (again.outcome, again.again) == ("applied", True)


def test_a_later_repair_of_a_repair_that_did_not_help_takes_its_place(phone: Phone) -> None:
    box = make_box(phone, "red")
    broken = phone.say("box.paint", box, {"set": 7})
    phone.push()
    first = decided(broken, review.REPAIR, data={"set": 8})
    assert first.code == "data.malformed"
    assert decided(broken, review.REPAIR, revision=1, data=BLUE).outcome == "applied"
    assert Box.objects.get(id=box).conflicts == ["colour"]
    assert list(rebuild.differences()) == []
    Operation.objects.filter(op=op_of(broken)).update(amended=None)
    assert ("operation", "amended") in {(d.type, d.column) for d in rebuild.differences()}


def test_a_repair_that_makes_its_own_record_is_settled_once(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was held for the record that it now makes, which must not release it once more."""
    paint = phone.say("box.paint", new(), BLUE)
    phone.push()
    settled: list[Any] = []
    original = apply.settle

    def settle(entries: Any, now: dt.datetime, **more: Any) -> None:
        settled.extend(entries)
        original(entries, now, **more)

    monkeypatch.setattr(apply, "settle", settle)
    decided(paint, review.REPAIR, kind="box.make")
    mine = [entry for entry in settled if str(entry.op) == op_of(paint)]
    assert [sorted(entry.flags) for entry in mine] == [["repaired"]]


def test_a_repair_may_name_another_kind_and_record(phone: Phone) -> None:
    wrong = phone.say("box.paint", new(), BLUE)
    phone.push()
    box = new()
    receipt = decided(wrong, review.REPAIR, kind="box.make", target=str(box))
    assert receipt.outcome == "applied"
    assert Box.objects.get(id=box).colour == "blue"
    assert list(rebuild.differences()) == []


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"person": str(ACTOR)}, "members.person"),
        ({"data": 7}, "members.data"),
        ({"kind": "ghost.see"}, "members.kind"),
        ({}, "members.members"),
    ],
)
def test_a_repair_that_cannot_be_used_names_its_fields_and_changes_nothing(
    phone: Phone, members: dict[str, Any], field: str
) -> None:
    broken = phone.say("box.paint", make_box(phone), {"set": 7})
    phone.push()
    with pytest.raises(Refused) as refusal:
        decided(broken, review.REPAIR, **members)
    assert (refusal.value.code, refusal.value.fields) == ("repair.unusable", [field])
    assert not Review.objects.exists()


def test_replay_tries_again_after_an_upgrade_made_the_kind_known(
    world: World, phone: Phone
) -> None:
    note = registry.types.pop("note")
    del registry.by_kind["note.write"]
    line = phone.say("note.write", new(), {"text": "seen"}, file=make_box(phone))
    phone.push()
    assert decided(line, review.REPLAY).code == "kind.unknown"
    registry.register(note)
    assert decided(line, review.REPLAY, revision=1).outcome == "applied"
    assert Note.objects.count() == 1


@pytest.mark.parametrize("mark", ["revoked", "person", "outside"])
def test_an_approval_lets_in_what_waits_for_a_review(phone: Phone, mark: str) -> None:
    box = make_box(phone, "red")
    phone.push()
    writer = Phone() if mark == "outside" else phone
    writer.revoked = mark == "revoked"
    more: dict[str, Any] = {"person": new()} if mark == "person" else {}
    paint = writer.say("box.paint", box, {"set": {"colour": {"v": "blue", "saw": []}}}, **more)
    writer.push(paint)
    assert outcome(paint)[0] == "held"
    receipt = decided(paint, review.APPROVE)
    assert receipt.outcome == "applied"
    assert {"reviewed", mark} <= set(receipt.flags)
    assert Box.objects.get(id=box).conflicts == ["colour"]
    assert list(rebuild.differences()) == []


def test_to_approve_one_member_of_a_group_is_to_approve_all(phone: Phone) -> None:
    phone.revoked = True
    group = {"id": str(new()), "n": 2}
    lines = [
        phone.say("box.make", new(), {"shard": SHARD, "set": {}}, group=group) for _ in range(2)
    ]
    phone.push()
    decided(lines[0], review.APPROVE)
    assert {outcome(line) for line in lines} == {("applied", None)}
    assert Review.objects.filter(status="approved").count() == 2


def test_evidence_of_a_revoked_phone_is_applied_and_an_approval_marks_it(phone: Phone) -> None:
    box = make_box(phone)
    phone.push()
    phone.revoked = True
    note = phone.say("note.write", new(), {"text": "seen"}, file=box)
    phone.push(note)
    assert outcome(note) == ("applied", None)
    assert sorted(decided(note, review.APPROVE).flags) == ["reviewed", "revoked"]
    assert list(rebuild.differences()) == []


def test_set_aside_is_told_kept_and_can_be_taken_back(phone: Phone) -> None:
    box = make_box(phone, "red")
    phone.push()
    paint = phone.say("box.paint", box, BLUE, person=new())
    phone.push(paint)
    assert decided(paint, review.SET_ASIDE).code == "operation.set_aside"
    (told,) = phone.pull().later
    assert (told.outcome, told.code) == ("quarantined", "operation.set_aside")
    assert Box.objects.get(id=box).colour == "red"
    assert oplog.line(UUID(op_of(paint))) == paint
    assert decided(paint, review.APPROVE, revision=1).outcome == "applied"
    assert list(rebuild.differences()) == []


def test_of_an_erased_file_nothing_is_opened_but_the_matter_can_be_ended(
    world: World, phone: Phone
) -> None:
    box = make_box(phone)
    phone.push()
    world.keys.erased.add(box)
    note = phone.say("note.write", new(), {"text": "late"}, file=box)
    phone.push(note)
    with pytest.raises(Refused, match=r"file\.erased"):
        decided(note, review.REPAIR, data={})
    assert decided(note, review.REPLAY).code == "file.erased"
    assert decided(note, review.SET_ASIDE, revision=1).code == "operation.set_aside"
    assert not Note.objects.exists()


def test_whoever_decides_second_is_told_and_nothing_is_decided_twice(phone: Phone) -> None:
    paint = phone.say("box.paint", make_box(phone), BLUE, person=new())
    phone.push()
    decided(paint, review.SET_ASIDE)
    with pytest.raises(Refused, match="stale"):
        decided(paint, review.APPROVE)
    assert outcome(paint) == ("quarantined", "operation.set_aside")
    decided(paint, review.APPROVE, revision=1)
    with pytest.raises(Refused, match=r"operation\.settled"):
        decided(paint, review.SET_ASIDE, revision=2)
    assert outcome(paint) == ("applied", None)


def test_a_decision_about_nothing_is_refused(world: World) -> None:
    decision = Decision(kind=review.REPLAY, actor=ACTOR, reason="?", revision=0)
    with pytest.raises(Refused, match=r"operation\.unknown"):
        decide.about_operation(new(), decision, now=NOW)


def test_what_was_forced_and_then_decided_by_a_person_replays(phone: Phone) -> None:
    paint = phone.say("box.paint", new(), BLUE)
    phone.push()
    overdue.force(now=NOW + WEEK + MINUTE, after=WEEK)
    decided(paint, review.REPAIR, revision=1, kind="box.make")
    assert outcome(paint) == ("applied", None)
    assert list(rebuild.differences()) == []


def test_reasons_and_repairs_are_sealed(phone: Phone) -> None:
    broken = phone.say("box.paint", make_box(phone), {"set": 7})
    phone.push()
    decided(broken, review.REPAIR, data={"set": {"colour": {"v": "vermilion", "saw": []}}})
    body = bytes(Operation.objects.get(kind=review.REPAIR).body)
    assert b"vermilion" not in body
    assert b"looked at it" not in body


def test_a_phone_cannot_decide(phone: Phone) -> None:
    paint = phone.say("box.paint", new(), BLUE)
    phone.push()
    phone.say(review.APPROVE, UUID(op_of(paint)), {"reason": "me"})
    (receipt,) = phone.push(phone.log[-1])
    assert receipt.code == "kind.office_only"


def test_an_erasure_takes_repairs_and_reasons_with_it_and_still_rebuilds(
    world: World, phone: Phone
) -> None:
    box = make_box(phone)
    broken = phone.say("box.paint", box, {"set": 7})
    phone.push()
    decided(broken, review.REPAIR, data=BLUE)
    erase([box], now=NOW)
    world.keys.erased.add(box)
    assert not Review.objects.exists()
    assert oplog.line(UUID(op_of(broken))) is None
    assert list(rebuild.differences()) == []
