"""Starts processes together, watches them, and stops them together, the last started first."""

import contextlib
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

PATIENCE = 15.0  # seconds a process has to end by itself before it is killed
TAIL = 20  # lines of a dead process's log that are shown


@dataclass
class Processes:
    """Each child's output goes to a file of its own in `logs`."""

    root: Path
    logs: Path
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, command: list[str]) -> None:
        """In a session of its own: Ctrl-C reaches the supervisor only, which stops in order.

        The log begins anew, unless the process takes the place of one that was killed.
        """
        self.logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        anew = 0 if name in self.running else os.O_TRUNC
        with os.fdopen(_private(self.log(name), os.O_APPEND | anew), "wb") as log:
            self.running[name] = subprocess.Popen(
                command,
                cwd=self.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                umask=0o077,
            )
        self._write_down()

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def dead(self) -> str | None:
        """The name of a process that has ended, if any has."""
        return next((n for n, child in self.running.items() if child.poll() is not None), None)

    def watch(self) -> str:
        """Waits until one ends, and names it."""
        while (name := self.dead()) is None:
            time.sleep(0.5)
        return name

    def tail(self, name: str) -> str:
        text = self.log(name).read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-TAIL:])

    def kill(self, name: str) -> None:
        """As a power cut would: it and its children, without a last word. `start` replaces it."""
        child = self.running[name]
        _end_session(child.pid)
        child.wait()

    def stop(self) -> None:
        for name, child in reversed(list(self.running.items())):
            child.terminate()
            try:
                child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                print(f"{name} did not stop within {PATIENCE:.0f} s and was killed.")
            _end_session(child.pid)
            child.wait()
        self.running.clear()
        _notes(self.logs).unlink(missing_ok=True)

    def _write_down(self) -> None:
        alive = [child.pid for child in self.running.values() if child.poll() is None]
        notes = [(pid, psutil.Process(pid).create_time()) for pid in alive]
        with os.fdopen(_private(_notes(self.logs), os.O_TRUNC), "w") as file:
            file.write(json.dumps(notes))


def _private(file: Path, flags: int) -> int:
    """Opens it for writing, for its owner alone, also where an older version has made it."""
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | flags, 0o600)
    os.fchmod(opened, 0o600)
    return opened


def _end_session(pid: int) -> None:
    """A web server or a worker has children of its own; none of them outlives it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def end_leftovers(logs: Path) -> None:
    """Ends what a supervisor that was killed has left: it would hold the port and the queue."""
    if not _notes(logs).exists():
        return
    for pid, born in json.loads(_notes(logs).read_text()):
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if process.create_time() == born:  # the number may be another's by now
                session = [process, *process.children(recursive=True)]
                _end_session(pid)
                psutil.wait_procs(session, timeout=PATIENCE)  # the port is free only then
    _notes(logs).unlink()


def _notes(logs: Path) -> Path:
    return logs / "running.json"
