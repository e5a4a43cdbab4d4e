"""The audit log is sealed by county and minute; what is changed afterwards is named (architecture 10)."""

import datetime as dt
import hashlib
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from backend.audit import merkle, sealing, services, verification
from backend.audit.models import AuditEntry, AuditSeal
from backend.common import ledger
from backend.recovery import replay

pytestmark = pytest.mark.django_db
AT = dt.datetime(2026, 11, 25, 8, 0, 10, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
HERE, THERE = "522630", "522629"


def said(count: int = 1, *, at: dt.datetime = AT, county: str = HERE) -> list[AuditEntry]:
    lines = [
        services.Line(actor=uuid.uuid4(), subject=uuid.uuid4(), county=county, detail={"n": [n, "龙"]})
        for n in range(count)
    ]  # fmt: skip
    services.record_each(lines, action="child.read", subject_type="child", now=at)
    return list(AuditEntry.objects.order_by("-id")[:count])[::-1]


@pytest.fixture
def sealed() -> list[AuditEntry]:
    """Three rows here and two there, in two minutes each."""
    rows = [*said(2), *said(1, county=THERE), *said(1, at=AT + MINUTE)]
    rows += said(1, at=AT + MINUTE, county=THERE)
    assert sealing.seal(now=AT + 2 * MINUTE) == 5
    return rows


@contextmanager
def superuser() -> Iterator[Any]:
    """With the triggers off, as somebody could who owns the database."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield cursor
        cursor.execute("SET session_replication_role = origin")


def verify(**options: Any) -> str:
    out = StringIO()
    try:
        call_command("verify_audit", stdout=out, **options)
    except CommandError as error:
        return out.getvalue() + str(error)
    return out.getvalue()


@pytest.fixture(autouse=True)
def own_ledger(settings: Any, tmp_path: Path) -> None:
    settings.HUXING_LEDGER = tmp_path / "ledger.jsonl"


def test_audit_is_sealed_by_county_and_minute_and_chained(sealed: list[AuditEntry]) -> None:
    seals = list(AuditSeal.objects.order_by("county", "number"))
    assert [(s.county, s.number, s.minute.minute, len(s.ids)) for s in seals] == [
        (THERE, 1, 0, 1), (THERE, 2, 1, 1), (HERE, 1, 0, 2), (HERE, 2, 1, 1),
    ]  # fmt: skip
    assert [bytes(s.before) for s in seals] == [
        merkle.START, bytes(seals[0].hash), merkle.START, bytes(seals[2].hash),
    ]  # fmt: skip
    assert verify().startswith("Everything fits: 4 seals over 5 rows; 0 rows wait")
    assert sealing.seal(now=AT) == 0


def test_audit_tree_is_that_of_rfc_6962() -> None:
    leaves = [bytes([n]) * 32 for n in range(5)]

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\x01" + left + right).digest()

    full = node(node(leaves[0], leaves[1]), node(leaves[2], leaves[3]))
    assert merkle.root(leaves) == node(full, leaves[4])
    assert merkle.root(leaves[:1]) == leaves[0]


def test_audit_seals_refuse_change_and_removal(sealed: list[AuditEntry]) -> None:
    for change in (
        lambda: AuditSeal.objects.update(minute=AT), lambda: AuditSeal.objects.all().delete(),
    ):  # fmt: skip
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "'child.list'"), ("actor", "NULL"), ("at", "at + interval '1 microsecond'"),
        ("county", f"'{THERE}'"), ("detail", """'{"n": [0, "尤"]}'"""), ("subject_type", "'file'"),
        ("device", "gen_random_uuid()"), ("subject", "gen_random_uuid()"),
    ],
)  # fmt: skip
def test_audit_row_that_was_changed_is_named(
    sealed: list[AuditEntry], column: str, value: str
) -> None:
    with superuser() as cursor:
        cursor.execute(
            f"UPDATE audit_auditentry SET {column} = {value} WHERE id = %s", [sealed[1].id]
        )
    first = f"county {HERE}, seal 1: row {sealed[1].id} was changed after it was sealed"
    assert verify().splitlines()[0] == first
    assert verify(county=HERE).splitlines()[0] == first
    assert "not the one that was written" in verify()


def test_audit_row_that_is_missing_is_named(sealed: list[AuditEntry]) -> None:
    with superuser() as cursor:
        cursor.execute("DELETE FROM audit_auditentry WHERE id = %s", [sealed[3].id])
    assert f"row {sealed[3].id} was removed" in verify().splitlines()[0]
    assert "Everything fits" in verify(county=THERE)


def test_audit_row_that_was_added_is_named() -> None:
    (row,) = said()
    with superuser() as cursor:
        cursor.execute("SELECT nextval('audit_auditentry_id_seq')")
    said()
    sealing.seal(now=AT)
    with superuser() as cursor:
        cursor.execute(
            "INSERT INTO audit_auditentry (id, at, action, subject, subject_type, county, detail)"
            " SELECT id + 1, at, action, subject, subject_type, county, detail"
            " FROM audit_auditentry WHERE id = %s",
            [row.id],
        )
    assert f"row {row.id + 1} was added where everything was sealed" in verify().splitlines()[0]


def test_audit_seal_that_was_changed_or_is_gone_is_named(sealed: list[AuditEntry]) -> None:
    with superuser() as cursor:
        cursor.execute("SAVEPOINT s")
        cursor.execute("UPDATE audit_auditseal SET minute = now() WHERE number = 2")
        assert f"county {THERE}, seal 2: the seal itself was changed" in verify().splitlines()[0]
        cursor.execute("ROLLBACK TO s; DELETE FROM audit_auditseal WHERE number = 1")
    assert "those before it are gone" in verify().splitlines()[0]


def test_audit_log_that_was_rewritten_as_a_whole_is_noticed_by_the_ledger(
    sealed: list[AuditEntry],
) -> None:
    sealing.witness(now=AT)
    assert "Everything fits" in verify()
    with superuser() as cursor:
        cursor.execute("UPDATE audit_auditentry SET action = 'nothing'")
        cursor.execute("DELETE FROM audit_auditseal")
    sealing.seal(now=AT)
    told = verify()
    assert told.startswith("line 1 of the ledger")
    assert "rewritten" in told
    assert "Everything fits" in verify(county=HERE), "the rows and seals agree with each other"


def test_audit_head_is_written_once_a_day_whenever_beat_comes(sealed: list[AuditEntry]) -> None:
    """Also when beat was down at the hour, and after a clock that was three days ahead came back."""
    hours = [0, 1, 23, 24, 80, 81, 32, 33]
    wrote = [sealing.witness_daily(now=AT + hour * 60 * MINUTE) for hour in hours]
    assert wrote == [True, False, False, True, True, False, False, False]
    assert sealing.witness_daily(now=AT + 49 * 60 * MINUTE), (
        "that of hour 80 is not one of the past"
    )
    assert "Everything fits" in verify()


def test_audit_head_that_a_restore_undid_is_told_and_is_no_misfit(
    sealed: list[AuditEntry],
) -> None:
    sealing.witness(now=AT)
    with superuser() as cursor:
        cursor.execute("DELETE FROM audit_auditseal")
        cursor.execute("DELETE FROM audit_auditentry WHERE id = %s", [sealed[-1].id])
    fact = ledger.Fact(kind="incarnation", subject=uuid.uuid4(), at=AT)
    with transaction.atomic():
        ledger.record(fact)
    sealing.seal(now=AT + MINUTE)
    told = verify()
    assert told.startswith("(restored since) line 1")
    assert "Everything fits" in told


def test_audit_heads_in_the_ledger_are_known_to_a_replay(sealed: list[AuditEntry]) -> None:
    sealing.witness(now=AT)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM common_ledgerline")
    assert [entry.fact.kind for entry in replay.replay()] == ["audit.head"]


def test_audit_statements_are_constant_however_many_rows() -> None:
    counts = []
    for rows in (1, 400):
        said(rows)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            sealing.seal(now=AT)
        counts.append(len(captured))
    assert counts[0] == counts[1], counts


def test_audit_after_an_outage_everything_is_sealed_in_rounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sealing, "ROUND", 3)
    said(4)
    said(3, at=AT + MINUTE, county=THERE)
    assert sealing.seal(now=AT + 60 * MINUTE) == 7
    assert "over 7 rows; 0 rows wait" in verify()
    assert AuditSeal.objects.values("upto").distinct().count() == 3


@pytest.mark.django_db(transaction=True)
def test_audit_row_of_a_transaction_that_commits_late_is_not_lost() -> None:
    """It took its id before another that has committed: nothing is sealed past it until it ends."""
    written, go = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            said()
            written.set()
            go.wait(10)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    written.wait(10)
    said()
    assert sealing.seal(now=AT, patience=0) == 0
    go.set()
    thread.join()
    assert sealing.seal(now=AT, patience=0) == 2
    assert "over 2 rows; 0 rows wait" in verify()
    assert not list(verification.misfits())
