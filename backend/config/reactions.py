"""What follows what: the whole list. Each reaction takes everything one round has applied."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from backend.attachments import reactions as attachments
from backend.caseload import reactions as caseload
from backend.caseload import transfer_reactions as transfers
from backend.children import reactions as children
from backend.concerns import judge, kept, open_danger, telling, timers, unasked
from backend.concerns import reactions as concerns
from backend.dossier import reactions as dossier
from backend.erasure import reactions as erasure
from backend.guardianship import reactions as cases
from backend.guardianship import telling as case_telling
from backend.quarantine import alarms
from backend.quarantine import reactions as quarantine
from backend.referrals import reactions as referrals
from backend.referrals import telling as partners
from backend.visits import queries as visits
from backend.visits.reactions import seal_answers
from sync.entries import Applied, Draft, Entry


def react(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """Runs inside the writing transaction; what it returns is stored and applied in the next round."""
    children.audit_resolutions(applied, now)
    children.audit_ratings(applied, now)
    caseload.move_files(applied)
    caseload.look_at_townships(applied, now)
    caseload.audit_covers(applied, now)
    transfers.audit_transfers(applied, now)
    dangers = open_danger.follow(applied, now)
    caseload.keep_visit_plan(
        applied, now, visited=visits.visited(applied), last_seen=visits.last_seen,
        critical=dangers.critical, monitored=cases.monitored(applied),
    )  # fmt: skip
    concerns.audit_steps(applied, now)
    cases.audit_steps(applied, now)
    referrals.audit_steps(applied, now)
    dossier.audit_made(applied, now)
    timers.keep_clocks(applied, now)
    telling.tell_of_steps(applied, now)
    telling.tell_of_missing_years(applied, now)
    unasked.tell_of_unasked(applied, now)
    case_telling.tell_leads(applied, now)
    partners.tell_steps(applied, now)
    erasure.erase_files(applied, now)
    quarantine.audit_decisions(applied, now)
    alarms.tell_alarms(applied, now)
    attachments.audit_losses(applied, now)
    return [
        *seal_answers(applied),
        *caseload.assign_registered(applied, now),
        *transfers.follow_transfers(applied, now),
        *concerns.move_escalations(applied, now),
        *judge.judge_applied(applied, now),
        *concerns.open_escalations(applied, now),
        *dangers.shown,
        *concerns.send_feedback(applied, now),
        *referrals.follow_referrals(applied, now),
        *cases.follow_cases(applied, now),
    ]


def not_applied(entries: Sequence[Entry], now: datetime) -> Mapping[UUID, Sequence[Draft]]:
    """What follows, by operation, from those that are kept and not applied: a danger alerts all the same."""
    return kept.alerts(entries, now)


def unjudged(entries: Sequence[Entry], now: datetime) -> Mapping[UUID, Sequence[Draft]]:
    """What follows from evidence whose words no reaction can take: a person reads it."""
    return kept.unjudged(entries, now)
