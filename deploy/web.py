"""How the web is started, wherever it is: by hand `python -m deploy.web --port 8000`."""

import argparse
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPLICATION = "backend.config.asgi:application"
# Seconds for a request's head, and for a line that is kept open to be used again.
HEAD_SECONDS = 20
# Seconds that a server that stops waits for lines whose other end does not take its answer.
STOP_SECONDS = 10
# Lines that one process keeps open. granian 2.8.7 counts lines, not requests: with its own number (512 for
# two processes) as many idle ones would leave no place for the office (findings/granian-backpressure-counts-lines.sh).
LINES = 8192


def command(
    *, port: int, workers: int, application: str = APPLICATION, host: str = "127.0.0.1"
) -> list[str]:
    """HTTP/1 alone, whose heads have a time-out. Bodies and answers have theirs in `config.front`."""
    return [
        str(Path(sys.executable).parent / "granian"), "--interface", "asgi", "--http", "1", "--no-ws",
        "--host", host, "--port", str(port), "--workers", str(workers),
        "--http1-header-read-timeout", str(HEAD_SECONDS * 1000), "--http1-buffer-size", str(64 * 1024),
        "--workers-kill-timeout", str(STOP_SECONDS), "--backpressure", str(LINES), "--blocking-threads", "1",
        # Without it one killed worker ends the server.
        "--respawn-failed-workers", "--respawn-interval", "1", application,
    ]  # fmt: skip


def workers() -> int:
    """One for each processor, up to four."""
    return max(1, min(4, os.cpu_count() or 1))


def count_together(data: Path) -> None:
    """Where the processes of one server leave their numbers for `/metrics`: a folder that begins empty."""
    folder = data / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m deploy.web", description=__doc__)
    parser.add_argument("--application", default=APPLICATION, help=argparse.SUPPRESS)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=workers())
    given = parser.parse_args()
    asked = command(
        port=given.port, workers=given.workers, host=given.host, application=given.application
    )  # fmt: skip
    count_together(Path(os.environ.get("HUXING_DATA_DIR") or ROOT / ".huxing"))
    os.execv(asked[0], asked)


if __name__ == "__main__":
    main()
