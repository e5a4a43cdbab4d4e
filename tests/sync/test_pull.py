"""What comes back: enter, changes, exit, digest; nothing out of scope, nothing skipped (SYNC)."""

import hashlib
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sync import pull
from sync.models import Holding

from .conftest import Phone, World
from .test_push import make_box, new


class Copy:
    """What a phone keeps of what it pulls."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.records: dict[str, dict[str, Any]] = {}
        self.digest: int | None = None

    def update(self) -> None:
        while True:
            page = self.phone.pull()
            for entered in page.enter:
                self._forget(entered["file"])
                self.records |= {record["id"]: record for record in entered["records"]}
            self.records |= {record["id"]: record for record in page.changes}
            for file in page.exit:
                self._forget(file)
            self.digest = page.digest
            if not page.more:
                return

    def _forget(self, file: str) -> None:
        self.records = {id_: r for id_, r in self.records.items() if r["file"] != file}

    def own_digest(self) -> int:
        total = 0
        for record in self.records.values():
            text = f"{record['type']}:{record['id']}:{record['rev']}"
            total += int(hashlib.sha256(text.encode()).hexdigest()[:13], 16)
        return total % 2**52


@pytest.fixture
def other(world: World) -> Phone:
    return Phone()


def test_a_file_enters_whole_and_is_sent_again_until_it_is_confirmed(
    world: World, phone: Phone, other: Phone
) -> None:
    box = make_box(phone)
    phone.push()
    world.grant(other, box)
    lost = pull.pull(other.sender, token=None, purged=None)
    first, second, third = other.pull(), other.pull(), other.pull()
    assert [len(page.enter) for page in (lost, first, second, third)] == [1, 1, 0, 0]
    assert Holding.objects.get(device=other.device).confirmed


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
    pull.incarnation()  # made once in a server's life; not part of any pull's cost
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
            page = pull.pull(other.sender, token=other.cursor, purged=None)
        assert len(page.enter if entering else page.changes) >= size
        counts.append(len(queries))
    assert counts[0] == counts[1], counts
