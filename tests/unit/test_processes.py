"""The demo's supervisor: what dies is started again and told in a line, and nothing is left running."""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from deploy.processes import Processes, end_leftovers
from deploy.supervision import Again
from tests.full_disk import no_room
from tests.receivers import until

WAITS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes(tmp_path, tmp_path / "logs", dict(os.environ))


def test_a_process_that_dies_is_named_with_its_last_words(processes: Processes) -> None:
    processes.start("web", WAITS)
    processes.start("worker", [sys.executable, "-c", "import sys; sys.exit('no broker')"])
    until(lambda: processes.dead() == "worker", "it did not end")
    assert processes.tail("worker") == "no broker"
    for file in processes.logs.iterdir():  # a traceback of old may stand in it
        assert file.stat().st_mode & 0o777 == 0o600
    processes.stop()


def test_what_ends_is_started_again_with_its_children_and_told_in_one_line(
    processes: Processes, tmp_path: Path, capsys: Any
) -> None:
    note = tmp_path / "grandchild"
    processes.start("web", WAITS)
    processes.start("worker", [sys.executable, "-c", parent_of(note)])
    web, grandchild = processes.running["web"], int(_soon(note))
    processes.running["worker"].kill()
    until(lambda: _revived(processes, "worker"), "it was not started again")
    assert _gone(grandchild)
    (line,) = capsys.readouterr().out.splitlines()
    assert "worker was killed by SIGKILL and is started again in 1 s" in line
    assert processes.running["web"] is web
    ended = processes.running["worker"]
    processes.stop()
    assert ended.poll() is not None


def test_what_does_not_last_is_tried_for_ever_after_longer_and_longer_pauses() -> None:
    turn, now = Again(began=0.0), 10_000.0
    assert turn.ended(now) == 0, "what has run for long"
    pauses = []
    for _ in range(9):
        turn.started(now)
        pauses.append(turn.ended(now + 5))
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert not turn.is_due(now + 64)
    assert turn.is_due(now + 65)
    turn.started(now)
    assert turn.ended(now + 60) == 0
    assert [turn.put_off(now + 60) for _ in range(3)] == [1, 2, 4], (
        "what could not be started at all"
    )


def test_a_program_that_is_gone_ends_the_supervisor_and_a_full_disk_does_not(
    processes: Processes, capsys: Any
) -> None:
    processes.start("web", [sys.executable, "-c", ""])
    processes.logs.joinpath("running.json").unlink()
    until(lambda: processes.dead() == "web", "it did not end")
    processes.turns["web"] = Again(began=-1000.0)
    with no_room():
        processes.revive()
    assert "could not be written down" in capsys.readouterr().out
    processes.stop()
    processes.start("worker", [sys.executable, "-c", ""])
    processes.commands["worker"] = ["/nothing/here"]
    with pytest.raises(FileNotFoundError):
        until(lambda: processes.revive(), "it does not say so")


@pytest.mark.parametrize("notes", ["", "[[1", '[["x"]]', "7"])
def test_notes_that_a_full_disk_has_cut_do_not_stop_the_next_start(
    tmp_path: Path, notes: str
) -> None:
    (tmp_path / "running.json").write_text(notes)
    end_leftovers(tmp_path)
    assert not (tmp_path / "running.json").exists()


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
    processes.start("web", [sys.executable, "-c", parent_of(note)])
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


def parent_of(note: Path) -> str:
    return (
        "import pathlib, subprocess, sys, time;"
        f"child = subprocess.Popen({WAITS!r});"
        f"pathlib.Path({str(note)!r}).write_text(str(child.pid)); time.sleep(60)"
    )


def _revived(processes: Processes, name: str) -> bool:
    before = processes.running[name]
    processes.revive()
    return processes.running[name] is not before


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
