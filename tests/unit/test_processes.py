"""The demo's supervisor: what dies is named with its last words, and nothing is left running."""

import os
import sys
from pathlib import Path

import pytest

from deploy.processes import Processes

WAITS = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def processes(tmp_path: Path) -> Processes:
    return Processes(tmp_path, tmp_path / "logs", dict(os.environ))


def test_a_process_that_dies_is_named_with_its_last_words(processes: Processes) -> None:
    processes.start("web", WAITS)
    processes.start("worker", [sys.executable, "-c", "import sys; sys.exit('no broker')"])
    assert processes.watch() == "worker"
    assert processes.tail("worker") == "no broker"
    processes.stop()


def test_stop_leaves_nothing_running(processes: Processes) -> None:
    processes.start("web", WAITS)
    processes.start("beat", WAITS)
    children = list(processes.running.values())
    assert processes.dead() is None
    processes.stop()
    assert all(child.poll() is not None for child in children)
    assert processes.running == {}
