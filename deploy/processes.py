"""Starts processes together, starts again what ends, and stops them together, the last started first."""

import contextlib
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.supervision import Again, how, say, when

PATIENCE = 15.0  # seconds a process has to end by itself before it is killed
TAIL = 20  # lines of a dead process's log that are shown


@dataclass
class Processes:
    """Each child's output goes to a file of its own in `logs`."""

    root: Path
    logs: Path
    environment: dict[str, str]
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    commands: dict[str, list[str]] = field(default_factory=dict)
    turns: dict[str, Again] = field(default_factory=dict)

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
        self.commands[name] = command
        self.turns.setdefault(name, Again(0.0)).started(time.monotonic())
        self._write_down()

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def dead(self) -> str | None:
        """The name of a process that has ended, if any has."""
        return next((n for n, child in self.running.items() if child.poll() is not None), None)

    def revive(self) -> None:
        """Starts again what has ended, each after its own pause; says one line for each end.

        Raises `FileNotFoundError` or `PermissionError` where a program cannot be run at all.
        """
        for name, child in list(self.running.items()):
            turn = self.turns[name]
            if turn.due is None and _has_ended(child):
                _end_session(child.pid)  # its children would hold the port and the queue
                code = child.wait()
                pause = turn.ended(time.monotonic())
                say(f"{name} {how(code)} and is started again {when(pause)}; see {self.log(name)}.")
            if turn.is_due(time.monotonic()):
                try:
                    self.start(name, self.commands[name])
                except (FileNotFoundError, PermissionError):
                    raise
                except OSError as error:  # neither memory nor room on the disk: that may get better
                    pause = turn.put_off(time.monotonic())
                    say(f"{name} could not be started ({error}); tried again {when(pause)}.")

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
        notes = []
        for pid in alive:
            with contextlib.suppress(psutil.NoSuchProcess):  # it has ended just now
                notes.append((pid, psutil.Process(pid).create_time()))
        draft = _notes(self.logs).with_suffix(".new")
        try:
            with os.fdopen(_private(draft, os.O_TRUNC), "w") as file:
                file.write(json.dumps(notes))
            draft.replace(_notes(self.logs))
        except OSError as error:  # a full disk
            say(f"What runs could not be written down for the next start: {error}")


def _private(file: Path, flags: int) -> int:
    """Opens it for writing, for its owner alone, also where an older version has made it."""
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | flags, 0o600)
    os.fchmod(opened, 0o600)
    return opened


def _has_ended(child: subprocess.Popen[bytes]) -> bool:
    """Without taking its number from it: until then its session cannot become another's."""
    if child.returncode is not None:
        return True
    waited = os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    return waited is not None


def _end_session(pid: int) -> None:
    """A web server or a worker has children of its own; none of them outlives it."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def end_leftovers(logs: Path) -> None:
    """Ends what a supervisor that was killed has left: it would hold the port and the queue."""
    if not _notes(logs).exists():
        return
    for pid, born in _noted(logs):
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if process.create_time() == born:  # the number may be another's by now
                session = [process, *process.children(recursive=True)]
                _end_session(pid)
                psutil.wait_procs(session, timeout=PATIENCE)  # the port is free only then
    _notes(logs).unlink()


def _noted(logs: Path) -> list[tuple[int, float]]:
    try:
        return [(int(pid), float(born)) for pid, born in json.loads(_notes(logs).read_text())]
    except (ValueError, TypeError) as error:  # cut by a full disk or a power cut
        say(f"What an earlier start has left cannot be read ({error}); if a port is taken, end it.")
        return []


def _notes(logs: Path) -> Path:
    return logs / "running.json"
