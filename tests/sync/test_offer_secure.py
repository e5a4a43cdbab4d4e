"""What a phone offers after a restore tells it nothing of what is not its own (SYNC, "After a restored backup")."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest

from sync import recovered
from sync.erase import erase
from sync.models import Recovered

from .conftest import NOW, Phone, World
from .test_push import make_box, new, op_of
from .toys import Note, Secret

LATER = NOW + dt.timedelta(hours=1)


@pytest.fixture
def other(world: World) -> Phone:
    return Phone()


def asked_twice(phone: Phone, record: dict[str, Any]) -> list[Any]:
    """What it hears when it offers, gives what is wanted, and offers again."""
    offer = [[record[name] for name in ("type", "id", "file", "rev")]]
    first = recovered.wanted(offer, sender=phone.sender)
    kept = recovered.keep([record], sender=phone.sender, now=LATER)
    again = recovered.wanted(offer, sender=phone.sender)
    return [[one == [record["id"]] for one in (first, kept, again)]]


def record(type_: str, id_: UUID, file: UUID, **more: Any) -> dict[str, Any]:
    return {"type": type_, "id": str(id_), "file": str(file), "rev": 1, **more}


def named(op: str | UUID) -> dict[str, Any]:
    return {"registers": {"colour": {"live": {str(op): [1, "red"]}, "gone": []}}}


@pytest.fixture
def own(world: World, phone: Phone) -> UUID:
    """A file that the phone holds."""
    file = make_box(phone)
    phone.push()
    world.grant(phone, file)
    phone.pull()
    return file


@pytest.fixture
def foreign(other: Phone) -> dict[str, UUID]:
    """A box of another phone's with a note and a secret, and one that was erased."""
    box, gone = make_box(other), make_box(other)
    for kind in ("note.write", "secret.tell"):
        other.say(kind, new(), {"text": "seen"}, file=box)
    other.say("note.write", new(), {"text": "seen"}, file=gone)
    other.push()
    erase([gone], now=NOW)
    return {
        "box": box, "note": Note.objects.get().id, "secret": Secret.objects.get().id, "erased": gone,
    }  # fmt: skip


@pytest.mark.parametrize("type_", ["box", "note", "secret", "photo", "alarm"])
def test_a_record_of_another_phone_reads_as_one_that_nobody_has(
    phone: Phone, own: UUID, foreign: dict[str, UUID], type_: str
) -> None:
    """In its own file, in one of the phone's, and in one that nobody has; by whatever type."""
    places = {
        "the other's": foreign["box"],
        "the phone's": own,
        "nobody's": new(),
        "erased": foreign["erased"],
    }
    for where, file in places.items():
        nobodys = asked_twice(phone, record(type_, new(), file))
        for what in ("box", "note", "secret", "erased"):
            there = asked_twice(phone, record(type_, foreign[what], file))
            assert there == nobodys, (where, what)


def test_an_operation_of_another_phone_reads_as_one_that_nobody_has(
    phone: Phone, own: UUID, other: Phone, foreign: dict[str, UUID]
) -> None:
    """Named in the registers of a record that is given back."""
    for file in (own, foreign["box"], new()):
        nobodys = asked_twice(phone, record("box", new(), file, **named(new())))
        theirs = asked_twice(phone, record("box", new(), file, **named(op_of(other.log[0]))))
        assert theirs == nobodys, file


def test_a_record_that_no_phone_gets_reads_so_in_its_own_file_too(
    phone: Phone, own: UUID, other: Phone
) -> None:
    other.push(other.say("secret.tell", new(), {"text": "seen"}, file=own))
    (there,) = Secret.objects.values_list("id", flat=True)
    told = [asked_twice(phone, record("secret", id_, own)) for id_ in (there, new())]
    assert told[0] == told[1]


def test_in_a_file_of_its_own_it_is_asked_for_what_is_lost_alone(phone: Phone, own: UUID) -> None:
    lost, there = record("note", new(), own, text="seen"), record("box", own, own)
    assert asked_twice(phone, lost) == [[True, True, False]]
    assert asked_twice(phone, there | named(op_of(phone.log[0]))) == [[False, True, False]]
    assert Recovered.objects.count() == 1


def test_what_is_lost_with_its_file_is_kept_once_whoever_brings_it(
    phone: Phone, other: Phone
) -> None:
    """After a restore nobody knows whose it was: each phone is asked."""
    lost = record("note", new(), new(), text="seen")
    assert asked_twice(phone, lost) == asked_twice(other, lost) == [[True, True, True]]
    assert Recovered.objects.count() == 1


def test_what_it_is_to_get_and_what_it_is_to_give_back_are_its_own(
    world: World, phone: Phone, own: UUID, foreign: dict[str, UUID]
) -> None:
    world.scope.setdefault(phone.device, {})[foreign["box"]] = "522630"
    assert asked_twice(phone, record("note", foreign["note"], foreign["box"])) == [
        [False, True, False]
    ]
    world.withdraw(phone, own)
    assert asked_twice(phone, record("box", own, own) | named(op_of(phone.log[0])))[0][0] is False
