"""The data directory: one demo at a time works in it, and says where it can be reached."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

# What a reset removes. Everything else in the directory is not ours to touch.
OURS = ["postgres", "secrets.env", "seed.json", "files", "static", "queue", "queue-control", "logs"]
OURS += ["ledger.jsonl", "phones", "roster*.xlsx", "celerybeat-schedule*", "beat.json*"]


@dataclass(frozen=True)
class Place:
    """Where a running demo answers and keeps its data."""

    port: int
    database_url: str


class DirectoryInUse(Exception):
    """Another demo works in this directory; `place` is where it answers, once it is ready."""

    def __init__(self, data: Path, place: Place | None) -> None:
        answers = f" and answers at http://127.0.0.1:{place.port}" if place else ", not ready yet"
        super().__init__(f"A demo already works in {data}{answers}.")
        self.place = place


@dataclass
class Running:
    """Tells others where this demo answers."""

    file: Path

    def announce(self, place: Place) -> None:
        self.file.touch(0o600)  # a server's password may stand in it
        self.file.write_text(json.dumps(asdict(place)))

    def place(self) -> Place | None:
        return Place(**json.loads(self.file.read_text())) if self.file.exists() else None


@contextmanager
def sole_user(data: Path) -> Iterator[Running]:
    """Holds the directory until the end, however this process ends. Raises `DirectoryInUse`."""
    data.mkdir(parents=True, exist_ok=True)
    running = Running(data / "running.json")
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DirectoryInUse(data, running.place()) from None
        running.file.unlink(missing_ok=True)
        try:
            yield running
        finally:
            running.file.unlink(missing_ok=True)


def reset(data: Path) -> None:
    """Removes what a demo has made, keys included: the old data cannot be read any more."""
    for path in [path for name in OURS for path in data.glob(name)]:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
