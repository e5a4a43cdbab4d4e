"""The last release as it was, to be run beside what is new: its code is taken out of the history."""

import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from deploy.stack import ROOT

RELEASED = ROOT / "tests" / "architecture" / "released.json"
BEFORE = Path(__file__).with_name("before.py")


def commit() -> str:
    named: str = json.loads(RELEASED.read_text(encoding="utf-8"))["commit"]
    return named


def unpack(folder: Path) -> None:
    """Skips the test where the history is not there, as in an archive or a shallow clone; a whole one has it."""
    taken = _git("archive", commit())
    if taken.returncode:
        said = f"The history has no {commit()}, the last release that {RELEASED.name} names."
        if history_is_whole():
            pytest.fail(said)
        pytest.skip(f"{said} Fetch all of it: git fetch --unshallow")
    with tarfile.open(fileobj=io.BytesIO(taken.stdout)) as archive:
        archive.extractall(folder, filter="data")


def history_is_whole() -> bool:
    return _git("rev-parse", "--is-shallow-repository").stdout.strip() == b"false"


def _git(*words: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, check=False)


class Release:
    """A process of the release's code; see `before.py` for what it can be told."""

    def __init__(self, code: Path, data: Path, url: str, port: int) -> None:
        own = {name: value for name, value in os.environ.items() if not name.startswith("HUXING_")}
        self.said = data.with_suffix(".log")
        self._log = self.said.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(BEFORE), str(data), url, str(port)], cwd=code, text=True,
            env={**own, "PYTHONPATH": str(code), "CELERY_BROKER_URL": "filesystem://"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log,
        )  # fmt: skip

    def tell(self, *words: str) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout is not None
        answer = self.process.stdout.readline()
        assert answer, self.said.read_text(encoding="utf-8", errors="replace")
        return json.loads(answer)

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
        self._log.close()


@contextmanager
def running(folder: Path, url: str, port: int) -> Iterator[Release]:
    """The release's web, worker and beat on an empty database, and phones that work with it."""
    code, data = folder / "release", folder / "data"
    data.mkdir()
    unpack(code)
    release = Release(code, data, url, port)
    try:
        yield release
    finally:
        release.end()
