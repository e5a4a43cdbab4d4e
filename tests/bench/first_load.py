"""What a phone's first load costs: `python -m tests.bench.first_load`. Starts what it needs, prints, stops it.

A supervisor's phone that holds nothing loads all her files over HTTP from one web worker. Beside it
the floor: the same rows read by psycopg in one query a table. The peak memory is that of the worker
while it serves, less what it had after a warm-up load of a few files.
"""

import argparse
import datetime as dt
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

import psutil
import psycopg
from psycopg import sql

from .surroundings import Server, fresh_database, server

MIB = 1024 * 1024
# What one process may need more for 10,000 records (issue 3).
ALLOWED = 64


@dataclass
class Load:
    """One first load: pages, bytes as they went over the wire, and the worker's memory."""

    seconds: float
    pages: int
    files: int
    records: int
    down: int
    web: float
    before: int
    peak: int


def main() -> None:
    given = _arguments()
    with fresh_database() as url:
        with server(url, workers=1) as running:
            from . import rounds

            small, large = rounds.enrol(running.address, devices=2)
            _fill(large, given)
        # Another process: what the pushes left in the memory of the first would hide what a load takes.
        with server(url, workers=1, again=True) as running:
            _load(running, small)
            load = _load(running, large)
        raw, rows = _floor(url, large)
    _report(given, load, raw, rows)
    if (load.peak - load.before) / MIB > ALLOWED:
        sys.exit(f"the load added more than {ALLOWED} MiB to the worker")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.first_load", description=__doc__)
    parser.add_argument("--records", type=int, default=10_000)
    return parser.parse_args()


def _fill(device: Any, given: argparse.Namespace) -> None:
    """Visits until there are as many records: two that a phone gets of each, and a sealed one."""
    from . import rounds

    have = 3 * rounds.FAMILIES  # child, household, assignment
    visits = max(0, given.records - have) // 2
    random = Random(7)
    form = rounds.forms.in_force()[rounds.answers.FORM]["version"]
    for number in range(visits):
        family = device.families[number % rounds.FAMILIES]
        device.phone.append(*rounds.visit(*family, form, random))
        if number % 150 == 149 or number == visits - 1:
            device.phone.sync()


def _load(running: Server, device: Any) -> Load:
    """Reads the pages as a phone does, timing the server and not the phone's own storing."""
    import gzip
    import http.client
    from urllib.parse import urlsplit

    from sync.protocol import messages

    worker = _worker(running)
    connection = http.client.HTTPConnection(urlsplit(running.address).netloc, timeout=300)
    headers = {"Authorization": f"Token {device.token}", "Accept-Encoding": "gzip"}
    cursor, pages, files, records, down, seconds = None, 0, 0, 0, 0, 0.0
    web = running.seconds()
    with _watched(worker) as memory:
        more = True
        while more:
            header = {
                "protocol": 1, "device": device.id, "cursor": cursor,
                "wall": dt.datetime.now(dt.UTC).isoformat(),
            }  # fmt: skip
            began = time.perf_counter()
            connection.request("POST", "/api/v1/sync", messages.write(header), headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                sys.exit(f"{answer.status}: {content[:2000]!r}")
            seconds += time.perf_counter() - began
            page = messages.parse(gzip.decompress(content))
            cursor, more = page["cursor"], bool(page.get("more"))
            pages, down = pages + 1, down + len(content)
            files += len(page.get("enter", []))
            records += sum(len(entry["records"]) for entry in page.get("enter", []))
    return Load(
        seconds, pages, files, records, down, running.seconds() - web, memory[0], max(memory)
    )


def _worker(running: Server) -> psutil.Process:
    """The one that serves: granian's child with the most memory."""
    everyone = [running.process, *running.process.children(recursive=True)]
    return max(everyone, key=lambda process: process.memory_info().rss)


class _watched:
    """Samples a process's resident memory every few milliseconds; the first sample is the start."""

    def __init__(self, process: psutil.Process) -> None:
        self.process, self.samples = process, [process.memory_info().rss]
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> list[int]:
        self.thread.start()
        return self.samples

    def __exit__(self, *_: Any) -> None:
        self.done.set()
        self.thread.join()

    def _sample(self) -> None:
        while not self.done.wait(0.005):
            self.samples.append(self.process.memory_info().rss)


def _floor(url: str, device: Any) -> tuple[float, int]:
    """Seconds to read the rows of the phone's files and the bodies of their operations."""
    rows = 0
    with psycopg.connect(url) as db:
        began = time.perf_counter()
        for table in _tables(db):
            query = sql.SQL(
                "SELECT t.* FROM {} t JOIN sync_holding h ON h.file = t.file WHERE h.device = %s"
            ).format(sql.Identifier(table))
            rows += len(db.execute(query, [device.id]).fetchall())
        return time.perf_counter() - began, rows


def _tables(db: Any) -> Iterator[str]:
    from sync.registry import registry

    for record_type in registry.types.values():
        if record_type.leaves_the_server:
            yield record_type.model._meta.db_table
    yield "sync_operation"


def _report(given: argparse.Namespace, load: Load, raw: float, rows: int) -> None:
    added = (load.peak - load.before) / MIB
    table = [
        ("records", f"{load.records:,} in {load.files} files, {load.pages} pages"),
        ("seconds", f"{load.seconds:.2f} ({load.records / load.seconds:,.0f} records/s)"),
        ("processor seconds of the worker", f"{load.web:.2f}"),
        ("bytes, gzip", f"{load.down:,} ({load.down / load.records:.0f} a record)"),
        ("memory of the worker before", f"{load.before / MIB:.0f} MiB"),
        ("memory added at the peak", f"{added:.1f} MiB (allowed: {ALLOWED})"),
        ("floor: psycopg reads the rows", f"{raw:.2f} s for {rows:,} rows"),
        ("times the floor", f"{load.seconds / raw:.1f}"),
    ]
    for name, value in table:
        print(f"{name:34} {value}")


if __name__ == "__main__":
    main()
