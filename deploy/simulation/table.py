"""What a person sees: how far it is, and at the end the table."""

import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

from .verdict import Verdict

WIDTH = 30
SHOWN = 20  # problems that are printed


@dataclass(slots=True)
class Progress:
    """One line that is drawn anew on a terminal, and a line now and then elsewhere."""

    steps: int
    out: TextIO = field(default_factory=lambda: sys.stderr)
    began: float = field(default_factory=time.monotonic)
    _done: int = 0
    _told: float = 0.0

    def show(self, said: str) -> None:
        """The next step has begun."""
        filled = WIDTH * self._done // self.steps
        bar = f"[{'█' * filled}{'·' * (WIDTH - filled)}] {said}, {self.seconds:.0f} s"
        last = self._done == self.steps
        if self.out.isatty():
            end = "\n" if last else ""
            print(f"\r\x1b[2K{bar}", end=end, file=self.out, flush=True)
        elif self.seconds - self._told > 10 or last:
            self._told = self.seconds
            print(bar, file=self.out, flush=True)
        self._done += 1

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began


def table(verdict: Verdict, befell: dict[str, int]) -> str:
    """`befell` is what went wrong on the way, for the last lines."""
    receipts = ", ".join(f"{n} {name}" for name, n in sorted(verdict.receipts.items()))
    expected = f"{verdict.escalations_expected} expected"
    rows = [
        ("sent", f"{verdict.sent:,}"),
        ("receipts", receipts),
        ("present", f"{verdict.present:,}"),
        ("lost", len(verdict.lost)),
        ("went with phones", f"{verdict.gone} operations, {verdict.gone_papers} attachments"),
        ("doubled", len(verdict.doubled)),
        ("out of scope", len(verdict.out_of_scope)),
        ("otherwise different", len(verdict.differing)),
        ("conflicts", f"{verdict.conflicts_expected} expected, {verdict.conflicts} open"),
        ("escalations", f"{expected}, {verdict.escalations} opened"),
        ("escalations wrong", len(verdict.escalations_wrong)),
        ("attachments", _papers(verdict)),
        ("played", ", ".join(f"{n} {name}" for name, n in verdict.played.items()) or "nothing"),
        ("befell", ", ".join(f"{n} {name}" for name, n in befell.items()) or "nothing"),
    ]
    wide = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{wide}}  {value}" for name, value in rows)


def _papers(verdict: Verdict) -> str:
    return (
        f"{verdict.papers} declared, {verdict.papers_whole} whole, {verdict.papers_awaited} awaited of"
        f" phones that are gone, {verdict.papers_shown} answers to holders"
    )


def complaints(verdict: Verdict) -> str:
    shown = verdict.problems[:SHOWN]
    more = len(verdict.problems) - len(shown)
    return "\n".join(["", *shown, *([f"… and {more} more"] if more else [])])
