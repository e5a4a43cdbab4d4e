"""How long each level has before an escalation rises, and the other limits of T1 to T4. Pure.

All are the project's defaults [P], not law; a county sets its own (`models.LimitSetting`).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Hours, unless the name says days. `grace_*`: what a level it has risen to has, before the next."""

    # A critical one: a person has acknowledged it, the call to the police is on record, and it has
    # ended or gone to a case or a referral.
    acknowledge_critical: int = 2
    police_on_record: int = 1
    settle_critical: int = 24
    grace_critical: int = 2
    grace_high: int = 24
    grace_medium: int = 72
    grace_low: int = 120
    # So long before a deadline its people are reminded.
    due_soon: int = 4
    # T3 and T4.
    silent_days: int = 7
    uncovered_working_days: int = 3
    expiring_days: int = 30

    def with_(self, overrides: Mapping[str, int]) -> "Limits":
        """Names that are not ours are left alone: an older server may read a newer one's row."""
        return replace(self, **{name: overrides[name] for name in NAMES if name in overrides})

    def grace(self, severity: str) -> dt.timedelta:
        hours: int = getattr(self, f"grace_{severity}")
        return hours * HOUR


NAMES = tuple(field.name for field in fields(Limits))
DEFAULT = Limits()
