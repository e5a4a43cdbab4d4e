"""The ledger: append-only, chained, on the disk before the commit (SYNC, "After a restored backup")."""

import datetime as dt
import hashlib
import itertools
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, connections, transaction

from backend.common import ledger
from backend.common.ledger import Fact, LedgerBroken, LedgerUnwritable
from tests.full_disk import no_room

NOW = dt.datetime(2026, 5, 4, 8, 0, tzinfo=dt.UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def path(tmp_path: Path, settings: Any) -> Path:
    settings.HUXING_LEDGER = tmp_path / "disk" / "ledger.jsonl"
    return tmp_path / "disk" / "ledger.jsonl"


def fact(kind: str = "device.revoke", subject: UUID | None = None) -> Fact:
    return Fact(kind=kind, subject=subject or uuid4(), at=NOW, by=uuid4(), detail={"a": "护"})


def test_what_is_recorded_is_read_back_in_order_and_chained(path: Path) -> None:
    facts = [fact(), fact("person.deactivate"), fact()]
    for one in facts:
        ledger.record(one)
    entries = ledger.read()
    assert [entry.fact for entry in entries] == facts
    assert [entry.number for entry in entries] == [1, 2, 3]
    lines = path.read_bytes().splitlines()
    for before, line in itertools.pairwise(lines):
        assert json.loads(line)["prev"] == hashlib.sha256(before).hexdigest()
    assert ledger.head() == ledger.Head(3, hashlib.sha256(lines[-1]).hexdigest())


def test_no_file_is_an_empty_ledger(path: Path) -> None:
    assert ledger.read() == []
    assert ledger.head() == ledger.Head(0, "0" * 64)


@pytest.mark.parametrize("harm", ["change", "take out", "swap"])
def test_a_line_that_was_changed_or_taken_out_is_named(path: Path, harm: str) -> None:
    for _ in range(4):
        ledger.record(fact())
    lines = path.read_bytes().splitlines(keepends=True)
    if harm == "change":
        lines[1] = lines[1].replace(b"device.revoke", b"device.rebuke")
    elif harm == "take out":
        del lines[1]
    else:
        lines[1], lines[2] = lines[2], lines[1]
    path.write_bytes(b"".join(lines))
    with pytest.raises(LedgerBroken) as found:
        ledger.read()
    assert found.value.context["line"] == (3 if harm == "change" else 2)


@pytest.mark.parametrize("cut", [1, 30, -1])
def test_a_line_cut_by_a_crash_never_was_and_the_next_follows_the_one_before(
    path: Path, cut: int
) -> None:
    ledger.record(fact())
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:cut])
    assert len(ledger.read()) == 1
    ledger.record(fact())
    assert [entry.number for entry in ledger.read()] == [1, 2]


def test_writers_at_once_leave_one_chain(path: Path) -> None:
    def write(_: int) -> None:
        try:
            ledger.record(fact())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert [entry.number for entry in ledger.read()] == list(range(1, 41))


def test_a_decision_whose_transaction_never_committed_is_outstanding(path: Path) -> None:
    ledger.record(fact())

    with transaction.atomic():
        ledger.record(fact("person.deactivate"))
        transaction.set_rollback(True)
    (left,) = ledger.outstanding(ledger.read())
    assert left.fact.kind == "person.deactivate"
    ledger.carried_out([left.hash])
    ledger.carried_out([left.hash])
    assert ledger.outstanding(ledger.read()) == []


def test_a_line_is_on_the_disk_before_the_commit(path: Path, monkeypatch: Any) -> None:
    synced: list[int] = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(fd), fsync(fd))[1])
    with transaction.atomic():
        ledger.record(fact())
        assert synced
        said = subprocess.check_output([sys.executable, "-c", f"print(open({str(path)!r}).read())"])
        assert b"device.revoke" in said
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM common_ledgerline")
            assert cursor.fetchone() == (1,)


def test_a_ledger_that_cannot_be_written_says_so(path: Path, settings: Any) -> None:
    settings.HUXING_LEDGER = path.parent.parent / "file" / "ledger.jsonl"
    (path.parent.parent / "file").write_text("not a folder")
    with pytest.raises(LedgerUnwritable) as found:
        ledger.record(fact())
    assert found.value.status == 503
    assert found.value.code == "ledger.unwritable"


@pytest.mark.parametrize("room", [0, 1, 150])
def test_a_full_disk_leaves_the_ledger_as_it_was_and_the_decision_undone(
    path: Path, room: int
) -> None:
    ledger.record(fact())
    before = path.read_bytes()
    with no_room(len(before) + room), pytest.raises(LedgerUnwritable):
        ledger.record(fact(kind="person.deactivate"))
    assert path.read_bytes() == before
    ledger.record(fact(kind="person.deactivate"))
    assert [entry.number for entry in ledger.read()] == [1, 2]
