"""Each new migration runs on a filled database while the last release's own code serves and its phones push."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from backend.common.management.commands import migrate
from deploy.postgres import database, database_of_its_own
from deploy.stack import ROOT, Stack, any_port
from tests import receivers

from . import released
from .released import Release
from .test_survive import send

pytestmark = pytest.mark.slow
until = partial(receivers.until, patience=180.0)
# Nobody of the release may wait longer for a table: `migrate` gives way after PATIENCE, and what it does
# once it has the table is short; the rest is for a busy machine.
LONGEST_WAIT = 5 * migrate.PATIENCE
# What the server may answer while a table is changed: try again, or stored and applied a moment later.
PASSES = {"later", "held server.retry"}


@pytest.fixture(autouse=True)
def _its_own_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is new opens what was sealed before: the keys that lie beside the data, not those of the tests."""
    for name in [name for name in os.environ if name.startswith("HUXING_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    with database(tmp_path / "postgres") as server, database_of_its_own(server) as made:
        with psycopg.connect(made, autocommit=True) as admin:
            (name,) = admin.execute("SELECT current_database()").fetchone() or ("",)
            admin.execute(f"ALTER DATABASE {name} SET lock_timeout = {LONGEST_WAIT}")
        yield made


def test_each_new_migration_runs_while_the_last_release_serves_and_its_phones_go_on(
    tmp_path: Path, url: str
) -> None:
    with released.running(tmp_path, url, any_port()) as release:
        filled = release.tell("start")["operations"]
        assert filled > 700
        assert applied_migrations(url) == json.loads(released.RELEASED.read_text())["migrations"]
        files = files_of_tables(url)
        release.tell("go")
        assert unusual(release) == {}
        for name in step_by_step(tmp_path, url):
            assert unusual(release) == {}, name
        # None of the release's tables was written anew: that would hold it for as long as it is large.
        assert files_of_tables(url).items() >= files.items()
        stack = Stack(tmp_path / "data", url, any_port())
        stack.prepare()
        assert unusual(release) == {}, "what is prepared after the migrations"
        release.tell("stop")
        with stack:
            stack.start_web()
            until(stack.web_answers, stack.processes.tail("web"))
            release.tell("move", stack.address)
            release.tell("go")
            # Tokens of phones and of the API stay good, and so does a browser's session.
            assert unusual(release) == {}
            told = release.tell("told")
            assert len(told) > filled
            assert set(told.values()) <= {"applied", "held"}
            apply_held(stack, url)
            until(lambda: set(outcomes(url, told).values()) == {"applied"}, "not applied")
            assert outcomes(url, told).keys() == told.keys()
        stack.manage("conceal")
        stack.manage("rebuild", "--check")


def test_without_the_history_it_is_skipped_and_a_whole_one_must_have_the_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(released, "commit", lambda: "0" * 40)
    monkeypatch.setattr(released, "history_is_whole", lambda: False)
    with pytest.raises(pytest.skip.Exception, match="unshallow"):
        released.unpack(tmp_path)
    monkeypatch.setattr(released, "history_is_whole", lambda: True)
    with pytest.raises(pytest.fail.Exception, match=r"names\."):
        released.unpack(tmp_path)


def apply_held(stack: Stack, url: str) -> None:
    """What met with a table that was just being changed is applied by a worker."""
    with psycopg.connect(url) as line:
        if line.execute(
            "UPDATE sync_operation SET retry_at = NULL WHERE outcome = 'held'"
        ).rowcount:
            stack.start_worker()
            send(Path(stack.environment["HUXING_DATA_DIR"]), "sync.tasks.retry_held")


def unusual(release: Release) -> dict[str, Any]:
    """What a whole round of everything meets now; what it met on the way may only be what passes."""
    found = release.tell("round")
    for loop, events in found["earlier"].items():
        assert set(events) <= PASSES, (loop, events)
    return {loop: sorted(set(events)) for loop, events in found["now"].items()}


def step_by_step(folder: Path, url: str) -> Iterator[str]:
    """Applies the new migrations; each time the caller goes on the next one begins."""
    stack = Stack(folder / "data", url, any_port())
    with subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.stepwise"], cwd=ROOT, env=stack.environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as steps:  # fmt: skip
        assert steps.stdin is not None
        assert steps.stdout is not None
        # None, where nothing has changed the tables since the release.
        for _ in range(int(steps.stdout.readline())):
            steps.stdin.write("\n")
            steps.stdin.flush()
            name = steps.stdout.readline().strip()
            assert name, "a migration failed"
            yield name


def applied_migrations(url: str) -> dict[str, str]:
    """The last of each app that the release names."""
    apps = json.loads(released.RELEASED.read_text())["migrations"].keys()
    with psycopg.connect(url) as line:
        rows = line.execute("SELECT app, max(name) FROM django_migrations GROUP BY app").fetchall()
    return {app: name for app, name in rows if app in apps}


def files_of_tables(url: str) -> dict[str, int]:
    with psycopg.connect(url) as line:
        return dict(
            line.execute(
                "SELECT oid::regclass::text, pg_relation_filenode(oid) FROM pg_class"
                " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            ).fetchall()
        )


def outcomes(url: str, ops: Iterable[str]) -> dict[str, str]:
    with psycopg.connect(url) as line:
        rows = line.execute(
            "SELECT op::text, outcome FROM sync_operation WHERE device IS NOT NULL"
        ).fetchall()
    wanted = set(ops)
    return {op: outcome for op, outcome in rows if op in wanted}
