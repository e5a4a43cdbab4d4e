"""Who is told of what happens in cases. Of a sealed one its leads hear that something waits, no more."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.accounts import queries as accounts
from backend.notifications import services as notifications
from backend.regions import codes
from sync.entries import Applied

from .case_flow import LEAD, OFFICER
from .case_life import PROPOSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One thing to say about a case: to its worker, to the leads, or to both."""

    key: str
    case: UUID
    division: str
    sealed: bool
    skips: str
    kept_out: Sequence[UUID]
    worker: UUID | None
    leads: bool
    kind: str
    values: Mapping[str, Any]
    critical: bool = False


def tell(told: Sequence[Told], *, now: datetime) -> None:
    """A number of statements that does not depend on how many. Runs in the caller's transaction."""
    if not told:
        return
    staff = _Staff({one.division for one in told}, on=timezone.localdate(now))
    notices = [_notice(one, person) for one in told for person in sorted(staff.of(one))]
    notifications.enqueue(notices, now=now)


def tell_leads(applied: Sequence[Applied], now: datetime) -> None:
    """A step waits for approval."""
    told = [
        Told(
            key=f"case.proposed:{item.entry.op}", case=item.entry.target,
            division=item.columns["division"], sealed=item.columns["sealed"],
            skips=item.columns["skips"], kept_out=item.columns["kept_out"], worker=None,
            leads=True, kind="case.proposed", values={"step": item.entry.data["step"]},
        )
        for item in applied
        if item.entry.kind == PROPOSE
    ]  # fmt: skip
    tell(told, now=now)


def _notice(told: Told, person: UUID) -> notifications.Notice:
    link = f"/office/cases/{told.case}/"
    if told.sealed or told.skips or told.kept_out:
        return notifications.Notice(
            key=told.key, person=person, kind="sealed.waiting", values={"link": link},
            critical=told.critical,
        )  # fmt: skip
    return notifications.Notice(
        key=told.key, person=person, kind=told.kind, critical=told.critical,
        # The township is enough to know whose it is; a village is nearly a name.
        values={**told.values, "division": told.division[:9], "link": link},
        county=told.division[:6], subject=told.case,
    )  # fmt: skip


class _Staff:
    """The leads and officers of some divisions, read once for all of them."""

    def __init__(self, divisions: Collection[str], *, on: date) -> None:
        steps = {step for division in divisions for step in _wider(division)}
        self.leads = accounts.working_in(steps, role=LEAD, on=on)
        self.officers = accounts.working_in(steps, role=OFFICER, on=on)

    def of(self, told: Told) -> set[UUID]:
        """Nobody's case is everybody's: where its worker has left, all officers hear of it."""
        leads = _covering(self.leads, told)
        if told.sealed:
            return leads
        found = leads if told.leads else set()
        if told.kind == "case.proposed":
            return found
        working = _covering(self.officers, told) | leads
        return found | ({told.worker} if told.worker in working else working - leads or leads)


def _wider(division: str) -> Iterable[str]:
    return [codes.COUNTRY, *codes.ancestors(division)] if codes.is_well_formed(division) else []


def _covering(people: Mapping[UUID, Sequence[str]], told: Told) -> set[UUID]:
    """Never whom the case is kept from."""
    return {
        person
        for person, prefixes in people.items()
        if codes.covers(codes.wider(prefixes, told.skips), told.division)
    } - set(told.kept_out)
