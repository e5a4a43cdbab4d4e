"""When something that has ended is started again, and the one line that an operator reads about it."""

import contextlib
import datetime as dt
import signal
from dataclasses import dataclass

# Seconds. What lasted so long before it ended is started at once; what did not, after a pause that doubles.
LASTING = 60.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0


@dataclass
class Again:
    """The turns of one process; all times are seconds of a clock that nobody sets (`time.monotonic`)."""

    began: float
    pause: float = 0.0
    due: float | None = None

    def ended(self, now: float) -> float:
        """Seconds until it may be started again."""
        if now - self.began < LASTING:
            return self.put_off(now)
        self.pause, self.due = 0.0, now
        return self.pause

    def put_off(self, now: float) -> float:
        """It could not be started. Seconds until that is tried again."""
        self.pause = min(max(FIRST_PAUSE, 2 * self.pause), LONGEST_PAUSE)
        self.due = now + self.pause
        return self.pause

    def is_due(self, now: float) -> bool:
        return self.due is not None and now >= self.due

    def started(self, now: float) -> None:
        self.began, self.due = now, None


def say(line: str) -> None:
    """A full disk behind the output must not end who watches over the others."""
    with contextlib.suppress(OSError):
        print(f"{dt.datetime.now().astimezone():%Y-%m-%d %H:%M:%S} {line}", flush=True)


def how(code: int | None) -> str:
    """How a process has ended, by what `Popen.returncode` says."""
    if code is None:
        return "is gone"
    if code >= 0:
        return f"has ended with code {code}"
    with contextlib.suppress(ValueError):
        return f"was killed by {signal.Signals(-code).name}"
    return f"was killed by signal {-code}"


def when(pause: float) -> str:
    return f"in {pause:.0f} s" if pause else "now"
