"""What visits left open: the critical rules that could not be decided, for those who may read them.

Sealed gaps are shown to those who may open sealed things where the child lives, and to nobody else.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from backend.regions import codes
from backend.visits import history
from backend.visits import queries as visits

from . import scope
from .gaps import MANY
from .models import Escalation, Finding, Gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """A critical rule for which something was not asked: `missing` facts, and the questions `ask`."""

    rule: str
    rule_version: int
    missing: list[str]
    ask: list[str]
    sealed: bool


def shown(gap: Gap) -> Undecided:
    return Undecided(
        rule=gap.rule, rule_version=gap.rule_version, missing=gap.missing, ask=gap.ask,
        sealed=gap.sealed,
    )  # fmt: skip


def beside(
    opened: Sequence[history.Opened], *, division: str, viewer: UUID, now: datetime
) -> list[dict[str, Any]]:
    """Each visit with its gaps, in a fixed number of statements. Of one whose words are withheld, none."""
    parts = {one.op: one.summary.id for one in opened if not one.withheld}
    found = by_part(parts, sealed=_opens_sealed(division, viewer, now))
    return [
        {
            **{name: getattr(one, name) for name in one.__dataclass_fields__},
            "gaps": found.get(one.summary.id, []),
            "much_unasked": is_much(found.get(one.summary.id, [])),
        }
        for one in opened
    ]


def of_child(child: UUID, *, division: str, viewer: UUID, now: datetime) -> list[Undecided]:
    """What the last visit left open at which something could be learned."""
    part = history.last_learned(child, viewer=viewer, now=now)
    if part is None:
        return []
    by_op = {row.op: row.id for row in visits.parts([part])}
    return by_part(by_op, sealed=_opens_sealed(division, viewer, now)).get(part, [])


def is_much(found: Collection[Undecided]) -> bool:
    """So much unasked that the township should look at it. What is sealed is not counted."""
    return len({question for gap in found if not gap.sealed for question in gap.ask}) >= MANY


@dataclass(frozen=True, slots=True)
class Sealed:
    """Somebody who opens what is sealed where a child lives, unless it accuses her own level or she is
    kept out of it by name."""

    reach: scope.Reach
    division: str

    def readable(self, parts: Mapping[UUID, UUID]) -> dict[UUID, UUID]:
        """The part by the operation that was sealed with it; three statements."""
        beside = {
            op: of
            for op, of, skips in visits.sealed_beside(parts.values())
            if codes.covers(codes.wider(self.reach.sealed, skips), self.division)
        }
        found = dict(Finding.objects.filter(cause__in=beside).values_list("id", "cause"))
        apart = Escalation.objects.filter(
            kept_out__contains=[self.reach.person], findings__overlap=list(found)
        ).values_list("findings", flat=True)
        away = {found[finding] for own in apart for finding in own if finding in found}
        return {op: of for op, of in beside.items() if op not in away}


def by_part(parts: Mapping[UUID, UUID], *, sealed: Sealed | None) -> Mapping[UUID, list[Undecided]]:
    """By the part's id; `parts` are ids by operation. `sealed`: who reads what was sealed with them too."""
    causes = dict(parts)
    if sealed is not None:
        causes |= sealed.readable(parts)
    seen = Q(sealed=False) if sealed is None else Q()
    found: dict[UUID, list[Undecided]] = {}
    for gap in Gap.objects.filter(seen, cause__in=causes).order_by("rule", "branch", "id"):
        found.setdefault(causes[gap.cause], []).append(shown(gap))
    return found


def _opens_sealed(division: str, viewer: UUID, now: datetime) -> Sealed | None:
    reach = scope.reach(viewer, on=timezone.localdate(now))
    return Sealed(reach, division) if codes.covers(reach.sealed, division) else None
