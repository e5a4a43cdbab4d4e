"""`manage.py simulate` on a fresh checkout, and that it can fail."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.simulation.play import simulate
from deploy.simulation.run import Options
from deploy.simulation.server import Server
from deploy.stack import ROOT
from sync.client import log
from tests.demos import OWN, using

pytestmark = pytest.mark.slow
PATIENCE = 600


@pytest.fixture
def scratch() -> Iterator[Path]:
    """Short: the path of a Unix socket may not exceed 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="hx-") as folder:
        yield Path(folder)


def test_a_small_run_on_bad_lines_loses_nothing_and_leaves_nothing(
    scratch: Path, tmp_path: Path
) -> None:
    """Without a database, keys or a demo: as on a fresh checkout."""
    data = tmp_path / "data"
    done = subprocess.run(
        [sys.executable, "manage.py", "simulate", "--phones", "8", "--days", "5", "--seed", "11",
         "--chaos"],
        cwd=ROOT, text=True, capture_output=True, timeout=PATIENCE, check=False,
        env={**OWN, "HUXING_DATA_DIR": str(data), "TMPDIR": str(scratch)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    for line in ("lost                 0", "doubled              0", "out of scope         0"):
        assert line in done.stdout
    assert "escalations wrong    0" in done.stdout
    (played,) = re.findall(r"^  played +(.*)$", done.stdout, re.M)
    assert not re.search(
        r"\b0 (attachments|faults|moves|revoked|locked|wiped|reset|phones)", played
    )
    assert "manage.py simulate --phones 8 --days 5 --seed 11 --chaos" in done.stdout
    assert not data.exists()
    assert list(scratch.glob("huxing-*")) == []
    assert using(scratch) == []


def test_a_run_that_is_told_to_end_stops_its_processes_and_says_it_was_not_good(
    scratch: Path,
) -> None:
    run = subprocess.Popen(
        [sys.executable, "-u", "manage.py", "simulate", "--phones", "4", "--days", "9"],
        cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**OWN, "TMPDIR": str(scratch)},
    )  # fmt: skip
    assert run.stdout
    deadline = time.monotonic() + PATIENCE
    while not list(scratch.glob("huxing-simulation-*/data/logs/web.log")):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    run.terminate()
    said, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 143, said
    assert "To see it again" in said
    assert using(scratch) == []


def test_a_client_that_loses_and_a_server_that_is_careless_turn_it_red(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(log, "batch", forgetful(log.batch))
    monkeypatch.setattr(Server, "application", "tests.e2e.careless:application")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said: list[str] = []
    assert simulate(Options(phones=4, days=3, seed=5, chaos=False), said.append) is False
    text = "\n".join(said)
    assert "lost: phone" in text
    for wrong in ("lost", "out of scope", "escalations wrong"):
        assert re.search(rf"^  {wrong} +[1-9]", text, re.M), text
    assert "To see it again: .venv/bin/python manage.py simulate --phones 4 --days 3" in text
    (kept,) = tmp_path.glob("huxing-simulation-*")
    assert list((kept / "phones").glob("*.db"))
    assert (kept / "data" / "logs" / "web.log").exists()


def forgetful(batch: Any) -> Any:
    """A phone that takes every twentieth operation for received without sending it."""

    def forgets(store: Any, **limits: Any) -> Any:
        store.db.execute(
            "UPDATE log SET outcome = 'applied', receipt = '{\"code\": \"line.unreadable\"}'"
            " WHERE seq % 20 = 0 AND outcome IS NULL"
        )
        return batch(store, **limits)

    return forgets
