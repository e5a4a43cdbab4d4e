"""The demo's supervisor: what dies is named with its last words, and nothing is left running."""

import json
import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from deploy.processes import Processes, end_leftovers

WAITS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes(tmp_path, tmp_path / "logs", dict(os.environ))


def test_a_process_that_dies_is_named_with_its_last_words(processes: Processes) -> None:
    processes.start("web", WAITS)
    processes.start("worker", [sys.executable, "-c", "import sys; sys.exit('no broker')"])
    assert processes.watch() == "worker"
    assert processes.tail("worker") == "no broker"
    for file in processes.logs.iterdir():  # a traceback of old may stand in it
        assert file.stat().st_mode & 0o777 == 0o600
    processes.stop()


def test_stop_leaves_nothing_running(processes: Processes) -> None:
    processes.start("web", WAITS)
    processes.start("beat", WAITS)
    children = list(processes.running.values())
    assert processes.dead() is None
    processes.stop()
    assert all(child.poll() is not None for child in children)
    assert processes.running == {}


def test_a_childs_own_children_do_not_outlive_it(processes: Processes, tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    parent = (
        "import pathlib, subprocess, sys, time;"
        f"child = subprocess.Popen({WAITS!r});"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid)); time.sleep(60)"
    )
    processes.start("web", [sys.executable, "-c", parent])
    grandchild = int(_soon(note))
    processes.stop()
    assert _gone(grandchild)


def test_what_a_killed_supervisor_left_is_ended_by_the_next(
    processes: Processes, tmp_path: Path
) -> None:
    processes.start("web", WAITS)
    left = processes.running["web"]
    end_leftovers(tmp_path / "logs")
    assert _gone(left.pid)


def test_a_number_that_went_to_another_process_is_left_alone(
    processes: Processes, tmp_path: Path
) -> None:
    processes.start("web", WAITS)
    notes = tmp_path / "logs" / "running.json"
    ((pid, born),) = json.loads(notes.read_text())
    notes.write_text(json.dumps([[pid, born - 100]]))
    end_leftovers(tmp_path / "logs")
    assert processes.dead() is None
    processes.stop()


def _soon(file: Path) -> str:
    """What another process writes there."""
    for _ in range(100):
        if file.exists() and (text := file.read_text()):
            return text
        time.sleep(0.05)
    raise AssertionError(f"{file} did not appear")


def _gone(pid: int) -> bool:
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False
