"""The floor: the rows that the server wrote, written again by nothing but psycopg in pipeline mode."""

import threading
import time
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

TABLES = ("sync_operation", "visits_visit", "visits_visitpart", "visits_visitsealed")
Push = dict[str, list[tuple[Any, ...]]]


def measure(url: str, pushes: list[list[list[str]]]) -> float:
    """Seconds to insert the rows of these operations (ids by device and push) into the same tables.

    One connection a device, one transaction a push, all rows of a push in one pipeline. The rows
    are taken out first and put back as they were.
    """
    with psycopg.connect(url) as db:
        rows = [[_rows(db, push) for push in device] for device in pushes]
        statements = {table: _statement(db, table) for table in TABLES}
        everything = [op for device in pushes for push in device for op in push]
        for table in TABLES:
            db.execute(
                sql.SQL("DELETE FROM {} WHERE op = ANY(%s)").format(_name(table)), [everything]
            )
    with psycopg.connect(url, autocommit=True) as db:
        for table in TABLES:
            db.execute(sql.SQL("VACUUM {}").format(_name(table)))
    barrier = threading.Barrier(len(rows) + 1)
    threads = [
        threading.Thread(target=_insert, args=(url, device, statements, barrier)) for device in rows
    ]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - began


def _insert(
    url: str, pushes: list[Push], statements: dict[str, sql.Composed], barrier: threading.Barrier
) -> None:
    with psycopg.connect(url, autocommit=True) as db:
        barrier.wait()
        for push in pushes:
            with db.pipeline(), db.transaction(), db.cursor() as cursor:
                for table, rows in push.items():
                    cursor.executemany(statements[table], rows)


def _rows(db: psycopg.Connection[Any], ops: list[str]) -> Push:
    found: Push = {}
    for table in TABLES:
        query = sql.SQL("SELECT * FROM {} WHERE op = ANY(%s)").format(_name(table))
        found[table] = [tuple(map(_value, row)) for row in db.execute(query, [ops])]
    return found


def _value(value: Any) -> Any:
    """jsonb comes back as Python values; text arrays are lists of text and stay."""
    if isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(v, dict) for v in value)
    ):
        return Jsonb(value)
    return value


def _statement(db: psycopg.Connection[Any], table: str) -> sql.Composed:
    described = db.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(_name(table))).description
    casts = {3802: "::jsonb"}
    assert described
    return sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        _name(table),
        sql.SQL(", ").join(sql.Identifier(column.name) for column in described),
        sql.SQL(", ").join(sql.SQL("%s" + casts.get(c.type_code, "")) for c in described),
    )


def _name(table: str) -> sql.Identifier:
    return sql.Identifier(table)
