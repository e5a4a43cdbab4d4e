"""How fast visits come in: `python -m tests.bench.sync`. Starts everything it needs, prints, stops it.

Four phones push ten visits at a time over HTTP: every visit is three operations (the household's
part, a child's part, a child's sealed part) with the real form's answers; each is stored, merged,
judged by the published rules, sealed and stamped before the answer comes. Beside it the floor: the
same rows by psycopg pipeline. Afterwards a first load and uploads, by their own scripts; `--alone`
leaves them out.
"""

import argparse
import datetime as dt
import gzip
import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sync.protocol import messages

from . import floor
from .surroundings import Server, fresh_database, server


@dataclass
class Measured:
    """Seconds of each push, and what the whole cost."""

    name: str
    visits: int
    operations: int
    elapsed: float = 0.0
    web: float = 0.0
    database: float | None = None
    pushes: list[float] = field(default_factory=list)
    up: int = 0
    up_plain: int = 0
    down: int = 0
    wrong: str = ""

    def per_second(self) -> float:
        return self.operations / self.elapsed


def main() -> None:
    given = _arguments()
    # What a script is started with: the server puts its own database into this process's environment.
    before = dict(os.environ)
    with fresh_database() as url, server(url, workers=given.workers) as running:
        from . import rounds

        devices = rounds.enrol(running.address, devices=given.devices)
        # Twice as many as are measured at once: half for pushes alone, half for whole syncs, and
        # one each to warm up.
        for number, device in enumerate(devices):
            rounds.prepare(
                device, pushes=2 * given.pushes + 1, visits=given.visits, seed=1000 + number
            )
        print(_conditions(given), flush=True)
        _run(running, "warm-up", devices, slice(0, 1), given, pull=False)
        alone = _run(running, "push", devices, slice(1, given.pushes + 1), given, pull=False)
        whole = _run(
            running, "push and pull", devices, slice(given.pushes + 1, None), given, pull=True
        )
        lines = [device.pushes[1 : given.pushes + 1] for device in devices]
        raw = floor.measure(url, [[list(map(_op, push)) for push in pushes] for pushes in lines])
        sizes = [len(line) for pushes in lines for push in pushes for line in push]
        _report([alone, whole], alone.operations / raw, statistics.mean(sizes))
    for other in [] if given.alone else ["first_load", "uploads"]:
        print(f"\n{other.replace('_', ' ')}", flush=True)
        subprocess.run([sys.executable, "-m", f"tests.bench.{other}"], env=before, check=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sync", description=__doc__)
    parser.add_argument("--devices", type=int, default=4)
    parser.add_argument("--alone", action="store_true", help="no first load and no uploads")
    parser.add_argument("--visits", type=int, default=10, help="in one push (10)")
    parser.add_argument("--pushes", type=int, default=25, help="of each device, each way (25)")
    parser.add_argument("--workers", type=int, default=max(1, min(2, os.cpu_count() or 1)))
    return parser.parse_args()


def _op(line: bytes) -> str:
    return str(json.loads(line)["op"])


def _run(
    running: Server,
    name: str,
    devices: list[Any],
    part: slice,
    given: argparse.Namespace,
    *,
    pull: bool,
) -> Measured:
    pushes = [device.pushes[part] for device in devices]
    visits = sum(map(len, pushes)) * given.visits
    measured = Measured(name, visits, sum(len(push) for own in pushes for push in own))
    barrier = threading.Barrier(len(devices) + 1)
    threads = [
        threading.Thread(target=_push, args=(running, device, own, barrier, measured, pull))
        for device, own in zip(devices, pushes, strict=True)
    ]
    for thread in threads:
        thread.start()
    web, database = running.seconds(), running.database_seconds()
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    measured.elapsed = time.perf_counter() - began
    if measured.wrong:
        sys.exit(measured.wrong)
    measured.web = running.seconds() - web
    after = running.database_seconds()
    measured.database = after - database if after is not None and database is not None else None
    return measured


def _push(
    running: Server, device: Any, pushes: list[list[bytes]], barrier: threading.Barrier,
    measured: Measured, pull: bool,
) -> None:  # fmt: skip
    """One phone: a connection kept open, bodies packed, each push timed from request to answer."""
    connection = http.client.HTTPConnection(urlsplit(running.address).netloc, timeout=120)
    headers = {
        "Authorization": f"Token {device.token}", "Content-Type": "application/x-ndjson",
        "Content-Encoding": "gzip", "Accept-Encoding": "gzip", "Accept-Language": "en",
    }  # fmt: skip
    barrier.wait()
    for lines in pushes:
        header = {
            "protocol": 1, "device": device.id, "cursor": device.cursor, "pull": pull,
            "wall": dt.datetime.now(dt.UTC).isoformat(),
        }  # fmt: skip
        plain = b"\n".join([messages.write(header), *lines])
        body = gzip.compress(plain, 6)
        began = time.perf_counter()
        connection.request("POST", "/api/v1/sync", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        measured.pushes.append(time.perf_counter() - began)
        said = messages.parse(gzip.decompress(content)) if answer.status == 200 else {}
        outcomes = [receipt["outcome"] for receipt in said.get("receipts", [])]
        if outcomes != ["applied"] * len(lines):
            measured.wrong = f"{answer.status}: {content[:500]!r} {outcomes}"
            return
        device.cursor = said.get("cursor", device.cursor)
        measured.up += len(body)
        measured.up_plain += len(plain)
        measured.down += len(content)


def _conditions(given: argparse.Namespace) -> str:
    load = f", load {os.getloadavg()[0]:.1f} before it started" if hasattr(os, "getloadavg") else ""
    return (
        f"{dt.datetime.now(dt.UTC).date()}: {given.devices} devices × {given.pushes} pushes × {given.visits} visits,"
        f" {given.workers} web workers, {os.cpu_count()} processors{load}"
    )


def _report(all_measured: list[Measured], raw: float, line: float) -> None:
    print(f"an operation is a line of {line:.0f} bytes on average; three make a visit\n")
    for one in all_measured:
        ordered = sorted(one.pushes)
        p95 = ordered[int(len(ordered) * 0.95)]
        thousand = 1000 / one.visits
        behind = "" if one.database is None else f" + database {one.database * thousand:.1f}"
        print(
            f"{one.name}: {one.per_second():.0f} operations/s, {one.visits / one.elapsed:.0f} visits/s\n"
            f"  of a push: p50 {statistics.median(ordered) * 1000:.0f} ms, p95 {p95 * 1000:.0f} ms\n"
            f"  processor seconds per 1,000 visits: web {one.web * thousand:.1f}{behind}\n"
            f"  bytes per visit: up {one.up_plain / one.visits:.0f}, gzip {one.up / one.visits:.0f};"
            f" down, gzip {one.down / one.visits:.0f}\n"
            f"  the floor is {raw / one.per_second():.1f} times faster"
        )
    print(f"floor (psycopg pipeline, same rows, a transaction a push): {raw:.0f} operations/s")


if __name__ == "__main__":
    main()
