"""Starts processes together, watches them, and stops them together, the last started first."""

import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

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
        """In a session of its own: Ctrl-C reaches the supervisor only, which stops in order."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with (self.logs / f"{name}.log").open("wb") as log:
            self.running[name] = subprocess.Popen(
                command,
                cwd=self.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def dead(self) -> str | None:
        """The name of a process that has ended, if any has."""
        return next((n for n, child in self.running.items() if child.poll() is not None), None)

    def watch(self) -> str:
        """Waits until one ends, and names it."""
        while (name := self.dead()) is None:
            time.sleep(0.5)
        return name

    def tail(self, name: str) -> str:
        text = (self.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-TAIL:])

    def stop(self) -> None:
        for name, child in reversed(list(self.running.items())):
            child.terminate()
            try:
                child.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                print(f"{name} did not stop within {PATIENCE:.0f} s and was killed.")
                child.kill()
                child.wait()
        self.running.clear()
