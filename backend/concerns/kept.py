"""Dangers in operations that are kept and not applied: each alerts a person, who judges by hand.

What is held, quarantined, unreadable in part or a variant is in no record. It is judged alone, with
the child's file and without its history, by the same rules; the ids of what is found derive from the
operation, so that nothing is found again when it is applied after all.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError

from backend.children import queries as children
from backend.visits.queries import Row
from fieldforms import sealing
from sync.entries import Draft, Entry
from sync.faults import summary
from sync.protocol import ids

from . import judge, variants
from .inputs import Cause, Gathered, cause_of, leaves_alone, look_around, unread, uuid_of
from .judging import Found, by_hand, kept, police_call
from .judging import judge as judged
from .year_tables import Years

logger = logging.getLogger(__name__)
_SEALED, _REPORT, _SHARED = "visit.sealed", "concern.raise", "visit.record"
_DELEGATION = "delegation.confirm"
# Visits of every kind: other clients may write words beside the answers.
_VISIT = "visit."


def alerts(entries: Sequence[Entry], now: datetime) -> dict[UUID, list[Draft]]:
    """The findings of each operation that says something dangerous; the others are left out.

    One whose words nothing can be made of is judged by a person, and costs the others nothing.
    """
    try:
        return _alerts(entries, now)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, a person judges it
        if len(entries) > 1:
            return {op: own for one in entries for op, own in alerts([one], now).items()}
        logger.error("operation %s cannot be read for dangers (%s)", entries[0].op, summary(error))
        return unjudged(entries, now)


def unjudged(entries: Sequence[Entry], now: datetime) -> dict[UUID, list[Draft]]:
    """A finding for each piece of evidence of a child that nothing could judge: a person reads it."""
    rules, years = judge.in_force(), Years()
    found: dict[UUID, list[Draft]] = {}
    for entry in entries:
        if entry.kind.startswith((_VISIT, _REPORT, _DELEGATION)) or not entry.kind:
            cause = unread(entry, sealed=entry.kind == _SEALED, now=now)
            found[entry.op] = [
                judge.finding_draft(cause, by_hand(cause), rules, now, years, police=None)
            ]
    return found


def _alerts(entries: Sequence[Entry], now: datetime) -> dict[UUID, list[Draft]]:
    spoken = {entry.op: _speaking(entry) for entry in entries}
    causes = _causes([said for one in spoken.values() for said in one], now)
    if not causes:
        return {}
    rules, years = judge.in_force(), Years()
    local = variants.here({cause.division for cause in causes.values()})
    shown = judge.shown_rulesets({cause.entry.ruleset for cause in causes.values()}, rules)
    drafts: dict[UUID, list[Draft]] = {}
    for op, said in spoken.items():
        for one in said:
            cause = causes[one.op]
            theirs = shown.get(cause.entry.ruleset or "", rules)
            found = judged(cause, rules, theirs, local[cause.division]).findings
            found = [*found, *_gravest(cause)]
            drafts.setdefault(op, []).extend(
                judge.finding_draft(
                    cause, replace(finding, by_hand=True), rules, now, years, police_call(cause)
                )
                for finding in found
            )
    return {op: own for op, own in drafts.items() if own}


def _speaking(entry: Entry) -> list[Entry]:
    """The entry as it is judged, its sealed answers apart; nothing if it can say no danger."""
    if children.gravest(entry.data) or leaves_alone(entry):
        return [entry]
    answered = isinstance(entry.data.get("answers"), dict)
    # Of what cannot be read even the kind may be lost: then its words are all there is.
    if not answered and entry.kind and not entry.kind.startswith((_REPORT, _VISIT)):
        return []
    if entry.kind == _SEALED:
        return [entry]
    # A report of a newer kind is a report.
    kind = _REPORT if entry.kind.startswith(_REPORT) else entry.kind
    open_one = replace(entry, kind=kind, data=sealing.opened(entry.data))
    _, secret = sealing.split(entry.data.get("answers"))
    if not secret:
        return [open_one]
    apart = replace(
        entry, op=ids.derived(entry.op, _SEALED), target=ids.derived(entry.op, "visit_sealed"),
        kind=_SEALED, data={"answers": secret},
    )  # fmt: skip
    return [open_one, apart]


def _causes(entries: Sequence[Entry], now: datetime) -> dict[UUID, Cause]:
    if not entries:
        return {}
    found = Gathered(entries={entry.op: entry for entry in entries})
    rows = {entry.op: _row(entry) for entry in entries}
    for entry in entries:
        row = rows[entry.op]
        if entry.kind == _SEALED:
            found.sealed[row.id] = row
        elif entry.kind == _REPORT:
            found.concerns[row.id] = row
        elif entry.kind == _DELEGATION:
            found.delegations[row.id] = row
        else:
            found.parts[row.id] = row
    look_around(found, list(rows.values()), now)
    found.visits |= {rows[e.op].id: rows[e.op] for e in entries if e.kind == _SHARED}
    return {op: cause_of(row, found, set(found.entries), now) for op, row in rows.items()}


def _row(entry: Entry) -> Row:
    linked = entry.data.get("visit") or entry.data.get("part") or entry.data.get("concern")
    return Row(
        id=entry.target, op=entry.op, file=entry.file, shard=entry.shard or entry.sent_from,
        person=entry.person, observed=entry.observed, of=uuid_of(linked),
    )  # fmt: skip


def _gravest(cause: Cause) -> list[Found]:
    named = children.gravest(cause.entry.data)
    return [kept(named)] if named else []
