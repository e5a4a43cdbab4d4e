"""What comes back: enter, changes, exit, digest; nothing out of scope, nothing skipped (SYNC)."""

import datetime as dt
import hashlib
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sync import holdings, pull, recovery
from sync.models import Holding, ScopeChange
from sync.protocol import messages

from .conftest import NOW, SHARD, Phone, World
from .test_push import make_box, new, op_of


class Copy:
    """What a phone keeps of what it pulls."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.records: dict[str, dict[str, Any]] = {}
        self.older: dict[str, list[list[Any]]] = {}
        self.digest: int | None = None

    def update(self) -> None:
        while True:
            page = self.phone.pull()
            for entered in page.enter:
                self._forget(entered["file"])
                self.older[entered["file"]] = entered.get("older", [])
                self.records |= {record["id"]: record for record in entered["records"]}
            self.records |= {record["id"]: record for record in page.changes}
            for file in page.exit:
                self._forget(file)
            self.digest = page.digest
            if not page.more:
                return

    def _forget(self, file: str) -> None:
        self.records = {id_: r for id_, r in self.records.items() if r["file"] != file}
        self.older.pop(file, None)

    def digests(self) -> dict[UUID, int]:
        """By file, over what is here and what is known by id alone."""
        found = [(r["file"], r["type"], r["id"], r["rev"]) for r in self.records.values()]
        found += [(file, *entry) for file, older in self.older.items() for entry in older]
        sums: dict[UUID, int] = {}
        for file, *parts in found:
            text = ":".join(map(str, parts))
            weight = int(hashlib.sha256(text.encode()).hexdigest()[:13], 16)
            sums[UUID(file)] = (sums.get(UUID(file), 0) + weight) % 2**52
        return sums

    def own_digest(self) -> int:
        return sum(self.digests().values()) % 2**52


def test_a_file_enters_whole_and_is_sent_again_until_it_is_confirmed(
    world: World, phone: Phone, other: Phone
) -> None:
    box = make_box(phone)
    phone.push()
    world.grant(other, box)
    lost = pull.pull(other.sender, token=None, now=NOW)
    first, second, third = other.pull(), other.pull(), other.pull()
    assert [len(page.enter) for page in (lost, first, second, third)] == [1, 1, 0, 0]
    assert Holding.objects.get(device=other.device).confirmed


def test_what_was_lost_on_the_way_enters_again(world: World, phone: Phone, other: Phone) -> None:
    box = make_box(phone)
    phone.push()
    other.pull()
    world.grant(other, box)
    before = other.cursor
    lost = other.pull()
    other.cursor = before
    found = other.pull()
    assert [len(page.enter) for page in (lost, found, other.pull())] == [1, 1, 0]


def test_a_neighbour_in_the_shard_sees_nothing_of_the_file(
    world: World, phone: Phone, other: Phone
) -> None:
    box, next_door = make_box(phone), make_box(phone)
    phone.push()
    world.grant(other, next_door)
    other.pull()
    phone.say("note.write", new(), {"text": "seen"}, file=box)
    phone.push()
    assert other.pull().changes == []


def test_a_cursor_of_before_a_restore_means_a_fresh_load(
    world: World, phone: Phone, other: Phone
) -> None:
    box = make_box(phone)
    phone.push()
    world.grant(other, box)
    other.pull()
    assert other.pull().enter == []
    recovery.begin(now=NOW, reason="a restore")
    assert [entered["file"] for entered in other.pull().enter] == [str(box)]


def test_a_change_reaches_the_colleague_and_no_stranger(
    world: World, phone: Phone, other: Phone
) -> None:
    box = make_box(phone)
    phone.push()
    world.grant(other, box)
    other.pull()
    stranger = Phone()
    stranger.pull()
    phone.say("note.write", new(), {"text": "seen"}, file=box)
    phone.push()
    (change,) = other.pull().changes
    assert (change["type"], change["text"], change["file"]) == ("note", "seen", str(box))
    assert stranger.pull().changes == []
    assert other.pull().changes == []


def test_an_exit_is_repeated_until_the_purge_is_confirmed(
    world: World, phone: Phone, other: Phone
) -> None:
    box = make_box(phone)
    phone.push()
    world.grant(other, box)
    other.pull()
    other.pull()
    world.withdraw(other, box)
    assert other.pull().exit == other.pull().exit == [str(box)]
    assert other.pull(confirm=[box]).exit == []
    assert not Holding.objects.filter(device=other.device).exists()


def test_a_late_confirmation_of_an_overtaken_exit_is_ignored(
    world: World, phone: Phone, other: Phone
) -> None:
    box = make_box(phone)
    phone.push()
    world.grant(other, box)
    other.pull()
    world.withdraw(other, box)
    other.pull()
    world.grant(other, box)
    page = other.pull(confirm=[box])
    assert [entered["file"] for entered in page.enter] == [str(box)]


def test_a_late_confirmation_does_not_end_a_later_exit(
    world: World, phone: Phone, other: Phone
) -> None:
    """It speaks of an order that was overtaken: the phone holds what entered since."""
    box = make_box(phone)
    phone.push()
    world.grant(other, box)
    other.pull()
    world.withdraw(other, box)
    other.pull()
    late = messages.Purged(other.generation, [box])
    world.grant(other, box)
    other.pull()
    world.withdraw(other, box)
    other.pull()
    page = pull.pull(other.sender, token=other.cursor, purged=late, now=NOW)
    assert page.exit == [str(box)]


def test_another_scope_or_a_forged_cursor_means_a_fresh_load(
    world: World, phone: Phone, other: Phone
) -> None:
    box = make_box(phone)
    phone.push()
    world.grant(other, box)
    other.pull()
    other.pull()
    for token in ("forged", (other.cursor or "") + "x"):
        other.cursor = token
        assert len(other.pull().enter) == 1


def test_pages_skip_nothing_and_the_digest_agrees(
    world: World, phone: Phone, other: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pull, "FILES_A_PAGE", 3)
    monkeypatch.setattr(pull, "CHANGES_A_PAGE", 4)
    boxes = [make_box(phone) for _ in range(8)]
    phone.push()
    world.grant(other, *boxes)
    copy = Copy(other)
    copy.update()
    copy.update()
    for number in range(23):
        text = "help" if number % 3 == 0 else "fine"
        phone.say("note.write", new(), {"text": text}, file=boxes[number % 8])
    phone.push()
    copy.update()
    assert len(copy.records) == 8 + 23 + 8
    assert copy.digest == copy.own_digest()
    fresh = Copy(other)
    other.cursor = None
    fresh.update()
    assert fresh.records == copy.records


@pytest.mark.parametrize("entering", [True, False])
def test_statements_of_a_pull_do_not_grow_with_what_it_brings(world: World, entering: bool) -> None:
    recovery.incarnation()  # made once in a server's life; not part of any pull's cost
    counts = []
    for size in (1, 40):
        phone, other = Phone(), Phone()
        boxes: list[UUID] = [make_box(phone) for _ in range(size)]
        phone.push()
        world.grant(other, *boxes)
        if not entering:
            other.pull()
            other.pull()
            for box in boxes * (10 if size > 1 else 1):
                phone.say("note.write", new(), {"text": "help"}, file=box)
            phone.push()
        with CaptureQueriesContext(connection) as queries:
            page = pull.pull(other.sender, token=other.cursor, now=NOW)
        assert len(page.enter if entering else page.changes) >= size
        counts.append(len(queries))
    assert counts[0] == counts[1], counts


def test_history_before_the_horizon_comes_by_id_and_on_demand(
    world: World, phone: Phone, other: Phone
) -> None:
    box, old, recent = make_box(phone), new(), new()
    long_ago = (NOW - dt.timedelta(days=500)).isoformat()
    phone.say("note.write", old, {"text": "old"}, file=box, wall=long_ago)
    phone.say("note.write", recent, {"text": "recent"}, file=box)
    phone.push()
    world.grant(other, box)
    copy = Copy(other)
    copy.update()
    assert copy.records.keys() == {str(box), str(recent)}
    assert [entry[:2] for entry in copy.older[str(box)]] == [["note", str(old)]]
    assert copy.own_digest() == copy.digest
    ((asked,),) = [other.pull(older=[box]).older]
    assert [record["text"] for record in asked["records"]] == ["old"]
    assert Phone().pull(older=[box]).older == []


def test_what_never_leaves_the_server_is_no_part_of_the_digest(
    world: World, phone: Phone, other: Phone
) -> None:
    box = make_box(phone)
    phone.say("secret.tell", new(), {"text": "for named people"}, file=box)
    phone.push()
    world.grant(other, box)
    copy = Copy(other)
    copy.update()
    assert {record["type"] for record in copy.records.values()} == {"box"}
    assert copy.own_digest() == copy.digest


def test_a_copy_that_differs_gets_the_files_that_differ_and_no_others(
    world: World, phone: Phone, other: Phone
) -> None:
    boxes = [make_box(phone) for _ in range(3)]
    phone.push()
    world.grant(other, *boxes)
    copy = Copy(other)
    copy.update()
    del copy.records[str(boxes[0])]
    copy.records[str(boxes[1])]["rev"] += 1
    stray = new()
    sums = {**copy.digests(), stray: 5}
    page = other.pull(digests=sums)
    assert {entry["file"] for entry in page.enter} == {str(boxes[0]), str(boxes[1])}
    assert page.exit == [str(stray)]
    other.cursor, other.generation = page.cursor, page.generation
    assert other.pull(digests={}, confirm=[stray]).exit == []


def test_a_later_outcome_is_told_until_it_is_confirmed(
    world: World, phone: Phone, other: Phone
) -> None:
    box = new()
    early = phone.say("box.paint", box, {"set": {"colour": {"v": "blue", "saw": []}}}, file=box)
    (receipt,) = phone.push(early)
    assert (receipt.outcome, receipt.code) == ("held", "target.unknown")
    other.say("box.make", box, {"shard": SHARD, "set": {}})
    world.grant(phone, box)
    other.push()
    before = phone.cursor
    for _ in range(2):
        phone.cursor = before
        (later,) = phone.pull().later
        assert (str(later.op), later.outcome) == (op_of(early), "applied")
    assert phone.pull().later == []


def test_a_scope_that_changed_is_looked_at_by_the_next_pull_and_once(
    world: World, phone: Phone, other: Phone
) -> None:
    """Whoever changes it locks no phone's log: what is in the scope is read when the phone asks."""
    box = make_box(phone)
    phone.push()
    other.pull()
    world.scope[other.device] = {box: SHARD}
    assert other.pull().enter == []
    holdings.look_again([other.device, phone.device])
    assert [entered["file"] for entered in other.pull().enter] == [str(box)]
    assert not ScopeChange.objects.filter(device=other.device).exists()
    assert ScopeChange.objects.filter(device=phone.device).count() == 1


def test_a_scope_that_will_change_is_looked_at_from_then_on(
    world: World, phone: Phone, other: Phone
) -> None:
    box = make_box(phone)
    phone.push()
    world.grant(other, box)
    other.pull()
    other.pull()
    world.scope[other.device] = {}
    holdings.look_again([other.device], at=NOW + dt.timedelta(days=14))
    assert other.pull(now=NOW + dt.timedelta(days=13)).exit == []
    assert other.pull(now=NOW + dt.timedelta(days=14)).exit == [str(box)]
    # What was ordered is not ordered anew by a second look.
    assert other.pull(confirm=[box], now=NOW + dt.timedelta(days=15)).exit == []
