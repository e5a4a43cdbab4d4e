"""The demo as a person starts it: with its own PostgreSQL, from an empty directory, and stopped by Ctrl-C."""

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import yaml

from deploy.stack import ROOT
from tests.demos import OWN, Demo, answer, is_whole, masters, using
from tests.receivers import until

pytestmark = pytest.mark.slow
PATIENCE = 240.0  # seconds; four of them start anew, on a machine that may be busy
NATIONAL = ROOT / "backend" / "concerns" / "rules" / "national.yaml"


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """A test that fails midway must not leave a demo on the machine."""
    yield
    for demo in Demo.started:
        if demo.process.poll() is None:
            demo.stop()
    Demo.started.clear()


def managed(data: Path, *command: str) -> str:
    """manage.py as it is called after the demo: with nothing set but where the data lie."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=ROOT, text=True, timeout=120,
        env={**OWN, "HUXING_DATA_DIR": str(data)}, capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture
def made(data: Path) -> Path:
    """The data of a demo that is not running; of an earlier test's, where there was one."""
    if not (data / "seed.json").exists():
        demo = Demo(data, "--small")
        demo.address()
        assert demo.stop() == 0, demo.said
    return data


def test_the_story_plays_against_a_running_demo_and_ctrl_c_leaves_no_process(data: Path) -> None:
    demo = Demo(data, "--small")
    assert answer(demo.address()) == b"ok"
    assert any("postgres" in line for line in using(data))
    story = Demo(data, "--check")
    said, _ = story.process.communicate(timeout=300)
    assert story.process.returncode == 0, said
    assert "what the operations make of them" in managed(data, "rebuild", "--check")
    assert demo.stop() == 0, demo.said
    assert using(data) == []
    assert not (data / "postgres" / "postmaster.pid").exists()
    assert (data / "secrets.env").stat().st_mode & 0o077 == 0


def test_manage_py_works_on_a_demo_that_is_not_running(made: Path) -> None:
    assert "what the operations make of them" in managed(made, "rebuild", "--check")
    assert using(made) == []


def test_a_stricter_rule_is_rehearsed_over_the_demo(made: Path, tmp_path: Path) -> None:
    """Children of eight and nine who are alone in the afternoon are the township's today, by R2."""
    stricter = yaml.safe_load(NATIONAL.read_text(encoding="utf-8"))
    (r10,) = (rule for rule in stricter if rule["id"] == "R10")
    r10["version"] += 1
    for branch in r10["branches"]:
        branch["when"] = branch["when"].replace("age_years < 8", "age_years < 10")
    file = tmp_path / "new.yaml"
    file.write_text(yaml.safe_dump(stricter, allow_unicode=True), encoding="utf-8")
    said = managed(made, "rehearse_rules", str(file), "--since", "2026-01-01")
    row = next(line.split() for line in said.splitlines() if line.startswith("R10 "))
    now, new, appear = (int(row[column].replace("·", "0")) for column in (2, 3, 4))
    assert (new - now, appear > 0) == (appear, True), said


def test_after_kill_9_a_second_start_is_quick_and_keeps_the_data(made: Path, data: Path) -> None:
    keys, seed = ((data / name).read_text() for name in ("secrets.env", "seed.json"))
    killed = Demo(data, "--small")
    port = killed.address().rsplit(":", 1)[1]
    killed.process.kill()
    killed.process.wait()
    began = time.monotonic()
    demo = Demo(data, "--small", "--port", port)
    assert demo.address().endswith(port)
    # 15 s on an idle machine; a loaded one must not fail for its load.
    assert time.monotonic() - began < 60
    second = Demo(data)
    said, _ = second.process.communicate(timeout=30)
    assert second.process.returncode == 2
    assert port in said
    assert demo.stop(signal.SIGTERM) == 0, demo.said
    assert using(data) == []
    assert [(data / name).read_text() for name in ("secrets.env", "seed.json")] == [keys, seed]


def test_a_demo_survives_the_kill_of_each_of_its_processes(made: Path, data: Path) -> None:
    demo = Demo(data, "--small")
    address = demo.address()
    demo.heard(lambda line: line.startswith("Ctrl-C stops everything"))
    old = list(masters(data).values())
    for process in old:
        process.kill()
    until(partial(is_whole, data, address, old), "no way back", patience=PATIENCE)
    assert demo.stop() == 0, demo.said
    assert using(data) == []
    told = [line.split()[2] for line in demo.said[-1].splitlines() if " is started again " in line]
    assert sorted(told) == ["beat", "postgres", "web", "worker"]


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        demo = Demo(tmp_path, "--port", port)
        said, _ = demo.process.communicate(timeout=30)
    assert demo.process.returncode == 2
    assert f"Port {port} is taken" in said


def test_a_data_directory_of_another_postgresql_is_refused_with_words(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("12\n")
    demo = Demo(tmp_path)
    said, _ = demo.process.communicate(timeout=30)
    assert demo.process.returncode == 2
    assert "PostgreSQL 12" in said
    assert "--reset" in said
