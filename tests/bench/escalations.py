"""What a million stored escalations cost: `python -m tests.bench.escalations`. Makes a database, prints, drops it.

The queue as a page and by API, its figures, the climb and the judging of a visit; beside the first and
the climb the floor: the same rows read, or written, by one plain indexed statement.
"""

import argparse
import datetime as dt
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

from deploy import environment
from deploy.stack import ROOT

from .surroundings import django, fresh_database

COUNTIES = 20
# One in so many has not ended: what a county works on at a time.
OPEN_ONE_IN = 20
PAGE = 50
CALLS = 40


@dataclass(frozen=True)
class Figure:
    """Milliseconds of one thing, how many statements it took, and how many times its floor it took."""

    name: str
    p50: float
    p95: float
    statements: int
    floor: float | None = None

    def __str__(self) -> str:
        times = f", {self.p50 / self.floor:.1f} times the floor" if self.floor else ""
        return (
            f"{self.name:<28} p50 {self.p50:8.2f} ms  p95 {self.p95:8.2f} ms"
            f"  {self.statements} statements{times}"
        )


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--rows", type=int, default=1_000_000)
    given.add_argument("--calls", type=int, default=CALLS)
    options = given.parse_args()
    with fresh_database() as url, tempfile.TemporaryDirectory(prefix="huxing-") as scratch:
        os.environ |= environment.fresh(Path(scratch), url) | {"HUXING_LOG_LEVEL": "ERROR"}
        subprocess.run([sys.executable, "-m", "deploy.prepare"], cwd=ROOT, check=True)
        django()
        from django.conf import settings
        from django.db import connection

        settings.ALLOWED_HOSTS = ["testserver"]
        settings.SECURE_SSL_REDIRECT = False
        began = time.perf_counter()
        for figure in measure(rows=options.rows, calls=options.calls):
            print(figure, flush=True)
        print(f"{options.rows} escalations, {time.perf_counter() - began:.0f} s with the filling")
        connection.close()


def measure(*, rows: int, calls: int = CALLS) -> list[Figure]:
    """Fills the database there is, which must be empty of escalations, and measures."""
    from . import escalation_rows

    now = dt.datetime.now(dt.UTC)
    made = escalation_rows.fill(rows, counties=COUNTIES, open_one_in=OPEN_ONE_IN, now=now)
    return [
        *_reads(made, calls, now),
        *_climb(made, now),
        _judging(calls),
    ]


def _reads(made: Any, calls: int, now: dt.datetime) -> list[Figure]:
    floor = _median(lambda: made.floor_page(PAGE), calls)
    return [
        _figure("queue, first page", made.page, calls, floor),
        _figure("queue, API", made.api, calls, floor),
        _figure("queue, a later page by API", partial(made.api, **made.last_cursor()), calls,
                floor),
        _figure("queue, critical and overdue", lambda: made.api(severity="critical", overdue="true"),
                calls, floor),
        _figure("figures above the queue", made.counts, calls),
    ]  # fmt: skip


def _climb(made: Any, now: dt.datetime) -> list[Figure]:
    """A batch of 200, and an idle run; a floor writes as many rows of the same table by one statement."""
    from backend.concerns import timers

    idle = _figure("climb, nothing is due", lambda: timers.run(now=now), 5)
    found = []
    for size in (1, timers.BATCH):
        made.make_due(size, now)
        floor = _median(partial(made.floor_climb, size), 5)
        found.append(_figure(f"climb, {size} due", lambda: timers.run_batch(now=now), 1, floor))
    return [idle, *found]


def _judging(calls: int) -> Figure:
    """The facts of one child's part and all rules that ship: what each visit costs beside its writing."""
    from random import Random

    from backend.concerns import judge
    from backend.concerns.rules import engine
    from deploy.demo_data import answers
    from fieldforms import facts

    rules = judge.in_force()
    home = answers.household({})
    part = answers.child(home, {}, age=8, random=Random(1))
    case = facts.Case(
        form=answers.FORM, version="2", answers={**home.answers, **part.answers},
        skipped=[*home.skipped, *part.skipped], observed=dt.date(2026, 5, 4),
        child={"identity": {"birth_date": "2018-03-07"}},
    )  # fmt: skip

    def one() -> None:
        engine.evaluate(rules, facts.collect(case), sealed=False)

    return _figure(f"a visit by {len(rules.rules)} rules", one, calls)


def _figure(name: str, call: Callable[[], Any], calls: int, floor: float | None = None) -> Figure:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    if calls > 1:
        call()  # What is read once and kept is not what a call costs.
    taken, statements = [], 0
    for _ in range(calls):
        with CaptureQueriesContext(connection) as captured:
            began = time.perf_counter()
            call()
            taken.append((time.perf_counter() - began) * 1000)
        statements = len(captured)
    return Figure(name, _at(taken, 50), _at(taken, 95), statements, floor)


def _median(call: Callable[[], Any], calls: int) -> float:
    taken = []
    for _ in range(calls):
        began = time.perf_counter()
        call()
        taken.append((time.perf_counter() - began) * 1000)
    return _at(taken, 50)


def _at(taken: list[float], percent: int) -> float:
    return quantiles(taken, n=100)[percent - 1] if len(taken) > 1 else taken[0]


if __name__ == "__main__":
    main()
