"""Whatever a process writes down is its owner's alone, also where the machine would let everybody read it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from backend.common import ledger
from backend.config import whole
from deploy import environment
from deploy.directory import Place, sole_user
from deploy.processes import Processes
from tests.receivers import until

from .test_broker_files import connect, send, taken
from .test_ledger import fact


@pytest.fixture(autouse=True)
def _nothing_is_masked() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def open_to_others(folder: Path) -> list[str]:
    """Files; who may not enter a folder reads none in it."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    return [file.name for file in files if file.stat().st_mode & 0o077]


def test_a_small_file_is_its_owners(tmp_path: Path) -> None:
    whole.write(tmp_path / "draft", tmp_path / "file", b"contents")
    assert open_to_others(tmp_path) == []


@pytest.mark.django_db(transaction=True)
def test_the_ledger_is_its_owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "HUXING_LEDGER", tmp_path / "ledger.jsonl")
    ledger.record(fact())
    assert open_to_others(tmp_path) == []


def test_messages_and_the_lock_of_who_takes_them_are_their_owners(tmp_path: Path) -> None:
    with connect(tmp_path / "queue") as line:
        send(line, "first", "second")
        taken(line)
        assert open_to_others(tmp_path / "queue") == []


def test_keys_and_where_the_demo_answers_are_their_owners(tmp_path: Path) -> None:
    environment.kept(tmp_path, "postgres://nobody:secret@127.0.0.1/none")
    with sole_user(tmp_path / "demo") as running:
        running.announce(Place(1, "postgres://nobody:secret@127.0.0.1/none"))
        assert open_to_others(tmp_path / "demo") == ["lock"]  # empty
    assert open_to_others(tmp_path) == ["lock"]


def test_a_log_is_its_owners_also_where_an_older_version_has_made_it_and_so_is_what_a_process_writes(
    tmp_path: Path,
) -> None:
    logs, written = tmp_path / "logs", tmp_path / "written"
    logs.mkdir()
    (logs / "web.log").write_text("of an older version")
    (logs / "web.log").chmod(0o644)
    processes = Processes(tmp_path, logs, dict(os.environ))
    processes.start("web", [sys.executable, "-c", f"open({str(written)!r}, 'w').write('x')"])
    until(lambda: processes.dead() == "web" and written.exists(), "it wrote nothing")
    assert open_to_others(tmp_path) == []
    processes.stop()


def test_a_process_of_the_product_masks_what_it_writes_with_its_settings(tmp_path: Path) -> None:
    """Libraries open files with whatever mode they like."""
    code = "import django; django.setup(); open('of a library', 'w').close()"
    subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, check=True,
        env={**os.environ, "PYTHONPATH": str(settings.BASE_DIR)},
    )  # fmt: skip
    assert open_to_others(tmp_path) == []
