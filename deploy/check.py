"""Lint, types, import contracts and tests, against a PostgreSQL of its own: `python -m deploy.check`."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from deploy.environment import fresh
from deploy.postgres import database

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent

# Cheap ones first: a typo is told in seconds.
STEPS: list[tuple[str, list[str]]] = [
    ("lint", [str(BIN / "ruff"), "check", "."]),
    ("format", [str(BIN / "ruff"), "format", "--check", "."]),
    ("import contracts", [str(BIN / "lint-imports")]),
    ("types", [str(BIN / "mypy")]),
    ("system check", [sys.executable, "manage.py", "check"]),
    (
        "migrations",
        [sys.executable, "manage.py", "makemigrations", "--check", "--dry-run"],
    ),
]
# A file's tests stay together: they share what its fixtures made. `-n 0` among the arguments undoes it.
PARALLEL = ["-n", str(os.cpu_count() or 1), "--dist", "loadfile", "--no-loadscope-reorder"]


def passes(name: str, command: list[str], environment: dict[str, str]) -> bool:
    print(f"\n== {name}", flush=True)
    started = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    said = "ok" if code == 0 else f"failed ({code})"
    print(f"== {name}: {said} in {time.monotonic() - started:.1f} s", flush=True)
    return code == 0


def main(pytest_arguments: list[str]) -> int:
    """Runs every step even after a failure and returns 1 if any failed."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    failed = []
    # A short directory: a Unix socket's path may not exceed 107 bytes.
    with (
        tempfile.TemporaryDirectory(prefix="huxing-") as scratch,
        database(Path(scratch) / "postgres") as url,
    ):
        environment = fresh(Path(scratch) / "data", url)
        tests = [sys.executable, "-m", "pytest", *PARALLEL, *pytest_arguments]
        for name, command in [*STEPS, ("tests", tests)]:
            if not passes(name, command, environment):
                failed.append(name)
    if failed:
        print(f"\nFailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
