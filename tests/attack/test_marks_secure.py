"""A marked value is found in whatever form, in files and in the tables; and the product leaves none."""

import base64
import json
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from backend.children.models import Child
from tests.attack import marks, rows
from tests.attack.marks import Mark, found_in

VALUE = "龙小鑫 13912345678"
WRITERS = {
    "clear": lambda v: v.encode(),
    "utf-16": lambda v: v.encode("utf-16"),
    "big-endian": lambda v: v.encode("utf-16-be"),
    "gb18030": lambda v: v.encode("gb18030"),
    "JSON": lambda v: json.dumps({"name": v}).encode(),
    "repr of bytes": lambda v: repr(v.encode()).encode(),
    "an address": lambda v: quote(v).encode(),
    "hexadecimal": lambda v: v.encode().hex().upper().encode(),
    **{
        f"base64 behind {n}": lambda v, n=n: base64.b64encode(b"x" * n + v.encode() + b"y" * n)
        for n in range(5)
    },
    "base64 of an address": lambda v: base64.urlsafe_b64encode(b"??>" + v.encode()),
}


@pytest.mark.parametrize("writer", WRITERS)
def test_a_value_is_found_however_it_is_written_secure(writer: str) -> None:
    content = b"12:00 INFO " + WRITERS[writer](VALUE) + b" end"
    assert found_in(content, [Mark("name", VALUE)]), content
    assert not found_in(b"12:00 INFO another line", [Mark("name", VALUE)])


def test_every_log_and_queue_is_looked_through_and_no_key_secure(tmp_path: Path) -> None:
    for name in ("logs/web.log", "queue/a/1.json", "secrets.env", "phones/1.db", "postgres/log"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(f"… {VALUE} …")
    row = marks.search(marks.files(tmp_path), [Mark("name", VALUE)], "logs")
    assert [hit.partition(" in ")[2] for hit in row.hits] == [
        "logs/web.log", "queue/a/1.json", "postgres/log",
    ]  # fmt: skip
    assert not any(VALUE in hit for hit in row.hits), "a hit does not tell the value once more"


@pytest.mark.django_db
def test_a_value_in_a_column_of_any_table_is_found_secure() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE planted (said jsonb, raw bytea)")
        cursor.execute(
            "INSERT INTO planted VALUES (%s, %s)", [json.dumps({"a": VALUE}), VALUE.encode()]
        )
    row = marks.search(rows.dump(), [Mark("name", VALUE)], "tables")
    assert {hit.partition(" in ")[2] for hit in row.hits} == {"planted (text)", "planted (binary)"}
    assert row.tried > 100
    assert f"{Child._meta.db_table} (text)" in dict(rows.dump())
