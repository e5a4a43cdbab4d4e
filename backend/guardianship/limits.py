"""A county's own limits, and the calendar that counts working days."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from backend.audit import services as audit
from backend.concerns import queries as concerns

from . import clocks
from .errors import LimitUnknown
from .models import CaseLimits

# The audit's subject of a line that is about a county and not about a person or a file.
NOBODY = UUID(int=0)


def of(county: str) -> clocks.Limits:
    """The defaults with what the county has set differently."""
    row = CaseLimits.objects.filter(county=county).first()
    return clocks.DEFAULT.with_(row.overrides if row else {})


def started(
    codes: Sequence[str], *, county: str, at: datetime, given: Mapping[str, Any]
) -> list[clocks.Clock]:
    """The clocks that a step in the county starts now; none costs nothing."""
    if not codes:
        return []
    return clocks.started(
        codes, at=at, given=given, limits=of(county), working_days=concerns.working_days_after
    )


@transaction.atomic
def configure(
    *, county: str, overrides: Mapping[str, int], actor: UUID | None, now: datetime
) -> None:
    """Sets what a county has different from the defaults; clocks that run keep theirs.

    Raises `LimitUnknown` for a name that is not one of `clocks.Limits` or a number below one.
    """
    wrong = [name for name, value in overrides.items() if name not in clocks.NAMES or value < 1]
    if wrong:
        raise LimitUnknown(fields=tuple(wrong), names=", ".join(clocks.NAMES))
    CaseLimits.objects.update_or_create(county=county, defaults={"overrides": dict(overrides)})
    audit.record(
        actor=actor, action="case.limits", subject=NOBODY, county=county, now=now,
        detail={"overrides": dict(overrides)},
    )  # fmt: skip
