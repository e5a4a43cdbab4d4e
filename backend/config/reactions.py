"""What follows what: the whole list. Each reaction takes everything one round has applied."""

from collections.abc import Sequence
from datetime import datetime

from backend.caseload import reactions as caseload
from sync.entries import Applied, Draft


def react(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """Runs inside the writing transaction; what it returns is stored and applied in the next round."""
    caseload.move_files(applied)
    return caseload.assign_registered(applied, now)
