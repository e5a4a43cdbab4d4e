"""What a pull costs grows with what changed, not with what is held (SYNC, "Cost")."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sync import pull
from sync.cursor import Cursor
from sync.models import Shard

from .conftest import NOW, SHARD, Phone, World
from .test_push import make_box, new


def hold(phone: Phone, count: int, *, notes: int = 10) -> None:
    """So many files of some notes each that the phone has had for long."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH made AS (INSERT INTO sync_file (id, shard, digest, stub)"
            " SELECT gen_random_uuid(), %(shard)s, 0, false FROM generate_series(1, %(count)s)"
            " RETURNING id), held AS (INSERT INTO sync_holding"
            " (device, file, wanted, entered, confirmed) SELECT %(device)s, id, true, 1, true FROM made)"
            " INSERT INTO toys_note (id, file, shard, feed, op, length, written)"
            " SELECT gen_random_uuid(), id, %(shard)s, 1, gen_random_uuid(), 1, now()"
            " FROM made, generate_series(1, %(notes)s)",
            {"shard": SHARD, "count": count, "device": phone.device, "notes": notes},
        )


def hold_one(phone: Phone, box: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO sync_holding (device, file, wanted, entered, confirmed)"
            " VALUES (%s, %s, true, 1, true)",
            [phone.device, box],
        )


def behind(*, held: int, changed: int) -> Phone:
    """A phone that has everything but the last so many changes."""
    phone, writer = Phone(), Phone()
    hold(phone, held)
    box = make_box(writer)
    writer.push()
    hold_one(phone, box)
    phone.push()
    counter = Shard.objects.get(code=SHARD).value
    incarnation, scope = str(pull.incarnation()), phone.sender.scope_hash
    phone.cursor = Cursor(incarnation, scope, 1, {SHARD: counter}).token()
    for _ in range(changed):
        writer.say("note.write", new(), {"text": "seen"}, file=box)
    writer.push(*writer.log[1:])
    return phone


def test_statements_depend_neither_on_what_changed_nor_on_what_is_held(world: World) -> None:
    counts = {}
    for held in (50, 5000):
        for changed in (1, 500):
            phone = behind(held=held, changed=changed)
            with CaptureQueriesContext(connection) as queries:
                page = pull.pull(phone.sender, token=phone.cursor, now=NOW)
            assert len(page.changes) == changed
            counts[held, changed] = len(queries)
    assert len(set(counts.values())) == 1, counts


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """Everything that is asked of the database, with its parameters."""
    asked: list[tuple[str, Any]] = []

    def keep(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(keep):
        yield asked


def plan(sql: str, params: Any, *, measured: bool = False) -> str:
    options = "ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF" if measured else "COSTS OFF"
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN ({options}) {sql}", params)
        return "\n".join(line for (line,) in cursor.fetchall())


def pulled(phone: Phone) -> list[tuple[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with statements() as asked:
        assert pull.pull(phone.sender, token=phone.cursor, now=NOW).changes
    return [(sql, params) for sql, params in asked if sql.startswith(("SELECT", "UPDATE"))]


def test_no_table_is_read_from_end_to_end_with_many_phones_that_hold_much(world: World) -> None:
    for _ in range(60):
        hold(Phone(), 1000, notes=1)
    phone = behind(held=50, changed=20)
    # Tables that have a handful of rows here.
    small = {
        "sync_shard", "sync_server", "sync_devicelog", "sync_operation",
        "toys_alarm", "toys_box", "toys_secret",
    }  # fmt: skip
    found = {
        line.split("Seq Scan on ")[1].split()[0]
        for sql, params in pulled(phone)
        for line in plan(sql, params).splitlines()
        if "Seq Scan on " in line
    }
    assert found <= small


def rows_read(phone: Phone, table: str) -> int:
    """Rows that the look for changes takes out of a table."""
    (asked,) = [(sql, p) for sql, p in pulled(phone) if "UNION ALL" in sql and "r.feed >" in sql]
    total = 0
    for line in plan(*asked, measured=True).splitlines():
        if f" on {table} " in line and "rows=" in line:
            counted = line.split("actual ")[1]
            # PostgreSQL 18 gives the rows of a loop as a fraction.
            rows = float(counted.split("rows=")[1].split()[0])
            total += round(rows * int(counted.split("loops=")[1].rstrip(")")))
    return total


@pytest.mark.parametrize("held", [50, 5000])
def test_looking_for_changes_reads_what_changed_and_not_what_is_held(
    world: World, held: int
) -> None:
    phone = behind(held=held, changed=20)
    assert 20 <= rows_read(phone, "toys_note") <= 40
