"""A rehearsal from the command line: run in one go, shown, not kept."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.audit import services as audit
from backend.regions import codes

from ..rules.model import digest
from . import scope
from .comparing import Comparison, Side, sealed_rules
from .rehearsing import Plan, batches, plan, rehearse
from .results import Example, Line, lines, totals


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """`sealed_left_out` names the rules whose numbers nobody was named for."""

    sha256: str
    against: str
    since: date
    files: int
    totals: list[Line]
    lines: list[Line]
    examples: list[Example]
    sealed_left_out: list[str]


def rehearse_all(
    content: Any, division: str, since: date, *, viewer: UUID | None, now: datetime
) -> Shown:
    """Of content that passed the lint. Whoever has the machine reads all counties; what is sealed only
    `viewer` does, where she leads. The children of the examples go on the audit log.
    """
    planned = plan(content, division, since)
    found, files = Comparison(), 0
    for batch in batches(planned, after=None):
        rehearse(planned, batch, found, now=now)
        files += len(batch)
    return _shown(planned, found, files, since, digest(content), viewer, now)


def _shown(
    planned: Plan, found: Comparison, files: int, since: date, sha256: str, viewer: UUID | None,
    now: datetime,
) -> Shown:  # fmt: skip
    leads = scope.area(viewer, on=timezone.localdate(now)).sealed if viewer else ()
    sealed = sealed_rules(Side(planned.before, {}), Side(planned.after, {}))
    shown = lines(
        found.counts, sealed, lambda county, secret: not secret or codes.covers(leads, county)
    )
    audit.record_each(
        [audit.Line(actor=viewer, subject=one.file, county=one.county) for one in found.samples],
        action="rules.sample", now=now, subject_type="child",
    )  # fmt: skip
    return Shown(
        sha256=sha256, against=planned.before.sha256, since=since, files=files,
        totals=totals(shown), lines=shown,
        examples=[Example(**asdict(sample)) for sample in found.samples],
        sealed_left_out=[] if leads else [rule for rule in sealed if "." not in rule],
    )  # fmt: skip
