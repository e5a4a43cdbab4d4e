"""A kind that the server did not know is hidden, and found again once it does (SYNC, Receipts)."""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from sync import learned, names, oplog, push, rebuild, registry
from sync.erase import erase
from sync.models import Operation, Recovered, Review
from sync.push import retry
from sync.recovered import keep
from sync.registry import Problem

from .conftest import NOW, Phone, World
from .test_held import MINUTE, outcome
from .test_neutral import WHICH, stranger, told
from .test_push import make_box, new, op_of
from .toys import Note


@contextmanager
def older(name: str) -> Iterator[None]:
    """A release that has no such record type yet."""
    known = registry.registry
    record_type = known.types.pop(name)
    for kind in record_type.kinds:
        del known.by_kind[kind]
    yield
    known.register(record_type)


def said(phone: Phone, file: UUID) -> bytes:
    line = phone.say("note.write", new(), {"text": "seen"}, file=file)
    with older("note"):
        phone.push()
    return line


def kind_of(line: bytes) -> str:
    return Operation.objects.get(op=op_of(line)).kind


def try_again(*, later: dt.timedelta = MINUTE, **more: Any) -> int:
    return learned.try_again(now=NOW + later, **more)


def test_it_is_tried_again_by_itself_and_its_phone_hears_of_it(phone: Phone) -> None:
    line = said(phone, make_box(phone))
    assert outcome(line) == ("quarantined", "kind.unknown")
    assert kind_of(line) == names.column("note.write", ())
    assert oplog.line(UUID(op_of(line))) == line
    with older("note"):
        assert try_again() == 0
    assert try_again() == 1
    assert (outcome(line), kind_of(line)) == (("applied", None), "note.write")
    assert Note.objects.count() == 1
    assert [receipt.outcome for receipt in phone.pull().later] == ["applied"]
    assert (try_again(), Review.objects.get().status) == (0, "replayed")
    assert list(rebuild.differences()) == []


def test_it_is_hidden_before_anything_has_judged_it(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = phone.say("she is called Xiaoyan", new(), {}, file=make_box(phone))

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(push, "apply_stored", killed)
    with pytest.raises(KeyboardInterrupt):
        phone.push()
    assert (outcome(line), names.is_hidden(kind_of(line))) == (("received", None), True)


def test_of_a_problem_the_place_is_stored_as_far_as_it_is_a_name(phone: Phone) -> None:
    told = Problem("answers.她叫小燕", "type", "文字不对", "text must be text")
    note = registry.registry.types["note"]
    registry.registry.by_kind["note.write"] = registry.registry.types["note"] = replace(
        note, check=lambda entries: [[told] for _ in entries]
    )
    line = phone.say("note.write", new(), {"text": "x"}, file=make_box(phone))
    *_, receipt = phone.push()
    assert [problem["field"] for problem in receipt.problems] == ["answers"]
    assert [p["field"] for p in Operation.objects.get(op=op_of(line)).problems] == ["answers"]


def test_what_older_code_stored_in_clear_is_found_too(phone: Phone) -> None:
    line = said(phone, make_box(phone))
    Operation.objects.filter(op=op_of(line)).update(kind="note.write")
    assert (try_again(), outcome(line)) == (1, ("applied", None))


def test_what_a_person_has_set_aside_stays_there(phone: Phone) -> None:
    line = said(phone, make_box(phone))
    Operation.objects.filter(op=op_of(line)).update(code="operation.set_aside")
    assert try_again() == 0


def test_a_kind_that_goes_and_comes_again_is_tried_each_time(phone: Phone) -> None:
    line = said(phone, make_box(phone))
    assert try_again() == 1
    with older("note"):
        Operation.objects.filter(op=op_of(line)).update(outcome="held", code="server.retry")
        Note.objects.all().delete()
        retry(now=NOW + 2 * MINUTE)
        assert outcome(line) == ("quarantined", "kind.unknown")
        assert names.is_hidden(kind_of(line))
    assert try_again(later=3 * MINUTE) == 1
    assert (outcome(line), Note.objects.count()) == (("applied", None), 1)


def test_a_file_that_was_erased_meanwhile_keeps_the_others_waiting_for_nothing(
    world: World, phone: Phone
) -> None:
    gone, box = make_box(phone), make_box(phone)
    lost, line = said(phone, gone), said(phone, box)
    world.keys.erased.add(gone)
    assert try_again() == 2
    assert (outcome(lost), outcome(line)) == (("quarantined", "file.erased"), ("applied", None))


@pytest.mark.parametrize("says", ["evidence", "edit"])
def test_a_stranger_to_an_erased_file_hears_what_she_hears_of_any_other(
    world: World, phone: Phone, says: str
) -> None:
    files = {"outside": make_box(phone), "unknown": new(), "erased": make_box(phone)}
    phone.push()
    erase([files["erased"]], now=NOW)
    writer = stranger()
    colour = {"set": {"colour": {"v": "black", "saw": []}}}
    for which in WHICH:
        if says == "evidence":
            writer.say("note.write", new(), {"text": "seen"}, file=files[which])
        else:
            writer.say("box.paint", files[which], colour, file=files[which])
    with older("note" if says == "evidence" else "box"):
        first = writer.push()
    assert len(told(first)) == 1
    try_again()
    later = [push.worded(receipt, english=True) for receipt in writer.pull().later]
    assert (len(later), len(told(later))) == (3, 1)
    assert len(told(writer.push())) == 1


def test_a_record_of_a_type_that_is_known_by_now_says_its_name(phone: Phone) -> None:
    box = make_box(phone)
    phone.push()
    record = {"type": "note", "id": str(new()), "file": str(box), "rev": 1, "text": "seen"}
    with older("note"):
        keep([record], sender=phone.sender, now=NOW)
        assert names.is_hidden(Recovered.objects.get().type)
    try_again()
    assert Recovered.objects.get().type == "note"
    assert list(rebuild.differences()) == []
