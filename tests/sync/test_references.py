"""References are scope, and what a phone claims to hold gives it nothing (SYNC, "Scope and holdings")."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import pytest

from sync import oplog, ports, rebuild, recovered, review
from sync.models import Awaited, File, Holding, Operation, Recovered
from sync.protocol import messages

from .conftest import NOW, SHARD, Phone, World
from .test_held import BLUE, force, outcome
from .test_push import make_box, new, op_of
from .test_review import ACTOR, decided
from .toys import Box, Note


def inside(box: UUID, **more: Any) -> dict[str, Any]:
    return {"shard": SHARD, "set": {"inside": {"v": str(box), "saw": []}}, **more}


def note(phone: Phone, box: UUID, answers: UUID | None = None) -> UUID:
    made = new()
    phone.say("note.write", made, {"text": "seen", "answers": answers and str(answers)}, file=box)
    return made


def told(phone: Phone, *lines: bytes) -> bytes:
    """The receipts, without what names the operations."""
    receipts = phone.push(*lines)
    for receipt in receipts:
        receipt.op = None
    return messages.write(receipts)


def holdings(phone: Phone) -> set[UUID]:
    return set(Holding.objects.filter(device=phone.device).values_list("file", flat=True))


@pytest.fixture
def mine(phone: Phone) -> UUID:
    box = make_box(phone)
    phone.push()
    return box


@pytest.fixture
def foreign(other: Phone) -> UUID:
    box = make_box(other)
    other.push()
    return box


def test_an_edit_that_names_a_foreign_file_waits_as_if_there_were_none(
    phone: Phone, mine: UUID, foreign: UUID
) -> None:
    answers = {
        told(phone, phone.say("box.paint", mine, inside(box)))
        for box in (foreign, new(), erased(phone, foreign))
    }
    assert len(answers) == 1
    assert b"target.unknown" in answers.pop()
    made = [new(), new()]
    says = [
        phone.say("box.make", made[0], inside(foreign)),
        phone.say("box.make", made[1], inside(new())),
    ]
    assert told(phone, says[0]) == told(phone, says[1])
    # It opened nothing: what is told of it next leaves a stub that the office sees.
    assert not File.objects.filter(id__in=made).exists()
    assert Box.objects.get(id=mine).inside is None
    assert foreign not in holdings(phone)
    assert list(rebuild.differences()) == []


def erased(phone: Phone, foreign: UUID) -> UUID:
    gone = new()
    File.objects.create(id=gone, shard="", digest=0, erased_at=NOW)
    return gone


@pytest.mark.parametrize("spelt", [str.upper, lambda text: "{" + text.replace("-", "") + "}"])
def test_a_foreign_reference_is_known_however_it_is_spelt(
    phone: Phone, mine: UUID, foreign: UUID, spelt: Any
) -> None:
    data = {"set": {"inside": {"v": spelt(str(foreign)), "saw": []}}}
    phone.push(phone.say("box.paint", mine, data))
    assert Box.objects.get(id=mine).inside is None


def test_a_reference_to_what_the_phone_holds_is_taken_as_it_always_was(
    world: World, phone: Phone, mine: UUID, foreign: UUID
) -> None:
    world.grant(phone, mine, foreign)
    (receipt,) = phone.push(phone.say("box.paint", mine, inside(foreign)))
    assert (receipt.outcome, Box.objects.get(id=mine).inside) == ("applied", foreign)
    # What it knew decides: before it heard of the exit the file was its own.
    paint = phone.say("box.paint", mine, inside(foreign, n=1))
    phone.pull()
    world.withdraw(phone, foreign)
    phone.pull()
    assert phone.push(paint)[0].outcome == "applied"
    late = phone.say("box.paint", mine, inside(foreign, n=2))
    assert phone.push(late)[0].code == "target.unknown"


def test_a_file_that_comes_later_lets_the_edit_in_only_if_it_is_the_phones_own(
    phone: Phone, other: Phone, mine: UUID
) -> None:
    own, theirs = new(), new()
    first = phone.say("box.make", new(), inside(own))
    second = phone.say("box.paint", mine, inside(theirs))
    phone.push(first, second)
    assert Awaited.objects.count() == 2
    phone.push(phone.say("box.make", own, {"shard": SHARD, "set": {}}))
    assert outcome(first)[0] == "applied"
    other.push(other.say("box.make", theirs, {"shard": SHARD, "set": {}}))
    assert outcome(second) == ("held", "target.unknown")
    assert (Box.objects.get(id=mine).inside, Awaited.objects.count()) == (None, 0)
    assert theirs not in holdings(phone)
    # In one push, and in a group, whatever the order of the lines.
    house, child = new(), new()
    group = {"id": str(new()), "n": 2}
    lines = [
        phone.say("box.make", child, inside(house), group=group),
        phone.say("box.make", house, {"shard": SHARD, "set": {}}, group=group),
    ]
    assert {receipt.outcome for receipt in phone.push(*lines)} == {"applied"}
    assert Box.objects.get(id=child).inside == house
    assert list(rebuild.differences()) == []


def test_evidence_is_applied_without_a_foreign_reference(
    phone: Phone, other: Phone, mine: UUID, foreign: UUID
) -> None:
    theirs = note(other, foreign)
    other.push()
    made = [note(phone, mine, answers=theirs), note(phone, mine, answers=new())]
    bad, unknown = phone.log[-2:]
    assert told(phone, bad) == told(phone, unknown)
    # Nor does evidence that lies in the foreign file itself, where it is always taken.
    made += [note(phone, foreign, answers=theirs), note(phone, new(), answers=new())]
    assert (
        told(phone, *phone.log[-2:-1])
        == told(phone, phone.log[-1])
        == told(phone, bad).replace(b',"again":true', b"")
    )
    (receipt,) = phone.push(bad)
    assert (receipt.outcome, receipt.flags) == ("applied", ["problems"])
    (problem,) = receipt.problems
    assert problem.keys() == {"field", "code", "message"}
    assert (problem["field"], problem["code"]) == ("answers", "reference.unknown")
    assert set(Note.objects.filter(id__in=made).values_list("answers", flat=True)) == {None}
    assert "answers" not in oplog.contents([UUID(op_of(bad))])[UUID(op_of(bad))]
    assert oplog.line(UUID(op_of(bad))) == bad
    assert list(rebuild.differences()) == []


def test_evidence_gets_a_reference_that_comes_later_only_if_it_is_the_phones_own(
    phone: Phone, other: Phone, mine: UUID, foreign: UUID
) -> None:
    first, second = new(), new()
    own, theirs = note(phone, mine, answers=first), note(phone, mine, answers=second)
    phone.push()
    phone.push(phone.say("note.write", first, {"text": "before"}, file=mine))
    other.push(other.say("note.write", second, {"text": "help"}, file=foreign))
    assert Note.objects.get(id=own).answers == first
    assert Note.objects.get(id=theirs).answers is None
    linked = Operation.objects.get(target=own)
    assert (linked.flags, linked.problems) == ([], [])
    assert Operation.objects.get(target=theirs).flags == ["problems"]
    assert list(rebuild.differences()) == []


def test_evidence_of_its_own_may_be_named_wherever_it_lies(
    phone: Phone, mine: UUID, foreign: UUID
) -> None:
    """A phone whose file went elsewhere still has a visit and its parts to send."""
    before = note(phone, foreign)
    phone.push()
    after = note(phone, mine, answers=before)
    phone.push()
    assert Note.objects.get(id=after).answers == before


def test_a_person_lets_a_reference_in_whose_area_covers_both_files(
    world: World, phone: Phone, mine: UUID, foreign: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[UUID, UUID]] = []
    area: set[UUID] = set()

    def covers(pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
        asked.extend(pairs)
        return {(person, file) for person, file in pairs if file in area}

    monkeypatch.setattr(ports.ports(), "covers", covers)
    line = phone.say("box.paint", mine, inside(foreign))
    phone.push(line)
    assert asked == []
    assert decided(line, review.APPROVE).outcome == "held"
    assert asked == [(ACTOR, foreign)]
    area.add(foreign)
    assert decided(line, review.APPROVE, revision=1).outcome == "applied"
    assert Box.objects.get(id=mine).inside == foreign
    assert list(rebuild.differences()) == []


def test_an_edit_that_names_a_stub_waits_for_its_registration(phone: Phone, mine: UUID) -> None:
    """Lines that come out of order: the evidence, what names its file, and last the file itself."""
    box = make_box(phone)
    registration = phone.log[-1]
    note(phone, box)
    evidence = phone.log[-1]
    phone.push(evidence)
    assert File.objects.get(id=box).stub
    line = phone.say("box.paint", mine, inside(box))
    phone.push(line)
    assert outcome(line) == ("held", "target.unknown")
    phone.push(registration)
    assert outcome(line) == ("applied", None)
    assert Box.objects.get(id=mine).inside == box


def test_evidence_that_opens_a_file_does_not_end_the_wait_for_its_registration(
    phone: Phone, mine: UUID
) -> None:
    """What names the file comes first, or in one push with the evidence, and last the file itself."""
    for together in (False, True):
        box = make_box(phone)
        registration = phone.log[-1]
        line = phone.say("box.paint", mine, inside(box))
        note(phone, box)
        evidence = phone.log[-1]
        if together:
            phone.push(line, evidence)
        else:
            phone.push(line)
            phone.push(evidence)
        assert outcome(line) == ("held", "target.unknown")
        phone.push(registration)
        assert outcome(line) == ("applied", None)


def test_an_edit_whose_reference_never_comes_is_a_persons_matter(phone: Phone, mine: UUID) -> None:
    line = phone.say("box.paint", mine, inside(new()))
    phone.push(line)
    force()
    assert outcome(line) == ("quarantined", "target.absent")


def test_a_claimed_holding_is_a_door_to_nothing(
    world: World, phone: Phone, other: Phone, foreign: UUID, mine: UUID
) -> None:
    secret = note(other, foreign)
    other.push()
    world.grant(phone, mine)
    phone.pull()
    claims = {foreign: 5, new(): 7}
    page = phone.pull(digests={mine: 0, **claims}, older=[foreign])
    assert set(page.exit) == {str(file) for file in claims}
    assert (page.older, holdings(phone)) == ([], {mine})
    phone.pull(confirm=[foreign], digests=claims)
    assert holdings(phone) == {mine}
    (edit,) = phone.push(phone.say("box.paint", foreign, BLUE))
    assert (edit.outcome, edit.code) == ("held", "target.unknown")
    named = note(phone, mine, answers=secret)
    phone.push()
    assert Note.objects.get(id=named).answers is None
    phone.push(phone.say("box.paint", mine, inside(foreign)))
    assert Box.objects.get(id=mine).inside is None


def test_what_is_offered_after_a_restore_opens_no_door(phone: Phone, other: Phone) -> None:
    file = new()
    record = {"type": "box", "id": str(file), "file": str(file), "rev": 1}
    record["registers"] = {"colour": {"live": {str(new()): [1, "red"]}, "gone": []}}
    assert recovered.wanted([["box", str(file), str(file), 1]], sender=phone.sender) == [str(file)]
    recovered.keep([record], sender=phone.sender, now=NOW)
    assert (Recovered.objects.get().shard, holdings(phone)) == (SHARD, set())
    assert not File.objects.filter(id=file).exists()
    # Whose file it is registers it as if nothing had been said.
    elsewhere = "522631"
    (made,) = other.push(other.say("box.make", file, {"shard": elsewhere, "set": {}}))
    assert (made.outcome, File.objects.get(id=file).shard) == ("applied", elsewhere)
    assert (holdings(phone), holdings(other)) == (set(), {file})
    (edit,) = phone.push(phone.say("box.paint", file, BLUE))
    assert edit.code == "target.unknown"


def test_a_stub_is_opened_by_the_phone_that_began_it(phone: Phone, other: Phone) -> None:
    box = new()
    note(other, box)
    other.push()
    note(phone, box)
    line = phone.say("box.make", box, {"shard": SHARD, "set": {}})
    assert phone.push()[-1].code == "target.unknown"
    assert (File.objects.get(id=box).stub, holdings(phone)) == (True, set())
    assert (
        other.push(other.say("box.make", box, {"shard": SHARD, "set": {}}))[-1].outcome == "applied"
    )
    assert holdings(other) == {box}
    assert outcome(line) == ("held", "target.unknown")


def test_a_group_is_its_phones_own_and_no_door_into_anothers(
    phone: Phone, other: Phone, foreign: UUID
) -> None:
    group = {"id": str(new()), "n": 2}
    half = other.say("box.paint", foreign, BLUE, group=group)
    other.push()
    phone.push(phone.say("box.make", new(), {"shard": SHARD, "set": {}}, group=group))
    assert outcome(half) == ("held", "group.incomplete")
    assert {o.outcome for o in Operation.objects.filter(device=phone.device)} == {"held"}
