"""A demo as a person starts it, in a process of its own, and what runs of it."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import psutil
import psycopg

from deploy.stack import ROOT

# What the machine that runs the tests has set must not reach the demo.
OWN = {name: value for name, value in os.environ.items() if not name.startswith("HUXING_")}
OWN.pop("DATABASE_URL", None)
OWN.pop("CELERY_BROKER_URL", None)


class Demo:
    """One demo process and everything it says; `more` is added to its environment."""

    started: ClassVar[list["Demo"]] = []

    def __init__(self, data: Path, *arguments: str, **more: str) -> None:
        self.data = data
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "deploy.demo", *arguments], cwd=ROOT, text=True,
            env={**OWN, "HUXING_DATA_DIR": str(data), **more},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.said: list[str] = []
        self.started.append(self)

    def address(self) -> str:
        return self.heard(lambda line: line.startswith("http") and " is ready " in line).split()[0]

    def heard(self, wanted: Callable[[str], bool]) -> str:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line)
            if wanted(line):
                return line
        raise AssertionError("".join(self.said))

    def stop(self, by: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(by)
        rest, _ = self.process.communicate(timeout=60)
        self.said.append(rest)
        return self.process.returncode


def using(data: Path) -> list[str]:
    """Command lines of all processes that work in a directory."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(data) in " ".join(process.cmdline()) or process.environ().get(
                "HUXING_DATA_DIR"
            ) == str(data):
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


def answer(address: str) -> bytes:
    with urllib.request.urlopen(f"{address}/healthz", timeout=5) as response:
        body: bytes = response.read()
        return body


def masters(data: Path) -> dict[str, psutil.Process]:
    """The first process of each kind, by name; the database where it is the demo's own."""
    noted = json.loads((data / "logs" / "running.json").read_text())
    found = {}
    if (note := data / "postgres" / "postmaster.pid").exists():
        found["postgres"] = psutil.Process(int(note.read_text().split()[0]))
    for pid, _ in noted:
        process = psutil.Process(pid)
        line = process.cmdline()
        found["web" if "granian" in " ".join(line) else line[line.index("backend.config") + 1]] = (
            process
        )
    return found


def is_whole(data: Path, address: str, old: list[psutil.Process]) -> bool:
    """The database and the web answer, and none of them is one of the old ones."""
    url = json.loads((data / "running.json").read_text())["database_url"]
    try:
        now = masters(data)
        with psycopg.connect(url) as line:
            line.execute("SELECT 1")
        answered = answer(address) == b"ok"
    except (OSError, ValueError, psutil.Error, psycopg.Error):
        return False
    return answered and len(now) == len(old) and not set(now.values()) & set(old)
