"""A file that moves to another shard: numbers grow, sums agree, whoever holds it loads it anew (SYNC, "Cursor")."""

from uuid import UUID

import pytest

from sync import push, rebuild
from sync.entries import Draft
from sync.models import File, Shard
from sync.protocol import ids

from .conftest import NOW, SHARD, Phone, World
from .test_pull import Copy
from .test_push import make_box, new
from .toys import SERVER, Alarm, Box, Note

FAR = "522629"


def hand_over(box: UUID) -> None:
    alarm = Alarm.objects.get(file=box)
    draft = Draft(
        op=ids.uuid7(NOW), person=SERVER, kind="alarm.handed", target=alarm.id, file=box,
        data={"revision": alarm.revision, "to": FAR}, at=NOW,
    )  # fmt: skip
    (receipt,) = push.submit([draft], now=NOW)
    assert receipt.outcome == "applied"


@pytest.fixture
def box(phone: Phone) -> UUID:
    """A file with a record of each kind, behind many others in its shard."""
    for _ in range(5):
        make_box(phone)
    made = make_box(phone)
    phone.say("note.write", new(), {"text": "help"}, file=made)
    phone.push()
    return made


def test_everything_in_the_file_moves_and_is_numbered_behind_both_counters(
    world: World, box: UUID
) -> None:
    before = Shard.objects.get(code=SHARD).value
    hand_over(box)
    assert File.objects.get(id=box).shard == FAR
    rows = [*Box.objects.filter(file=box), *Note.objects.all(), *Alarm.objects.all()]
    assert {row.shard for row in rows} == {FAR}
    numbers = sorted(row.feed for row in rows)
    assert numbers[0] > before
    assert numbers[-1] == Shard.objects.get(code=FAR).value
    assert Shard.objects.get(code=SHARD).value > before


def test_columns_that_follow_from_the_shard_are_made_anew(world: World, box: UUID) -> None:
    assert Box.objects.get(id=box).near == SHARD
    hand_over(box)
    assert Box.objects.get(id=box).near == FAR
    assert list(rebuild.differences()) == []


def test_whoever_goes_on_holding_it_loads_it_anew_and_hears_of_later_changes(
    world: World, phone: Phone, box: UUID
) -> None:
    other = Phone()
    world.grant(other, box)
    copy = Copy(other)
    copy.update()
    copy.update()
    hand_over(box)
    copy.update()
    assert copy.digest == copy.own_digest()
    copy.update()
    phone.say("note.write", new(), {"text": "later"}, file=box)
    phone.push()
    copy.update()
    assert {r["text"] for r in copy.records.values() if r["type"] == "note"} == {"help", "later"}
    assert copy.digest == copy.own_digest()
