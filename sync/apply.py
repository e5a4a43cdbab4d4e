"""Transaction 2: records are written, judged and stamped together, or not at all."""

import datetime as dt
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from . import inbox, phrases, scope, write
from .entries import Applied, Draft, Entry
from .feed import Touched, stamp
from .ports import Sender, ports
from .protocol import messages
from .registry import Policy, registry

logger = logging.getLogger(__name__)

# A reaction may cause operations that cause others (a note that opens an alarm). Deeper than
# this means two reactions cause each other for ever.
MAX_ROUNDS = 6


class ReactionsDoNotEnd(RuntimeError):
    """Two reactions cause each other's operations."""


@dataclass(slots=True)
class Run:
    """What one transaction collects."""

    sender: Sender | None
    now: dt.datetime
    ciphers: dict[UUID, Any]
    touched: Touched = field(default_factory=dict)
    settled: list[Entry] = field(default_factory=list)


def apply(
    entries: Sequence[Entry],
    *,
    sender: Sender | None,
    now: dt.datetime,
    ciphers: Mapping[UUID, Any],
) -> None:
    """Applies entries; every one of them has an outcome afterwards.

    All go in one transaction. If that fails, each group and each single operation gets one of its
    own, and only what fails again is held as `server.retry`.
    """
    pending = [entry for entry in entries if entry.outcome is None]
    erased = [entry for entry in entries if entry.outcome is not None]
    try:
        _transact(pending, erased, sender, now, ciphers)
    except Exception:
        logger.exception("a push of %d operations fell back to one at a time", len(entries))
        _one_at_a_time(pending, erased, sender, now, ciphers)


def _one_at_a_time(
    pending: Sequence[Entry], erased: Sequence[Entry], sender: Sender | None, now: dt.datetime,
    ciphers: Mapping[UUID, Any],
) -> None:  # fmt: skip
    units: dict[UUID, list[Entry]] = {}
    for entry in pending:
        entry.reset()
        units.setdefault(entry.group or entry.op, []).append(entry)
    for unit in [*units.values(), *([[*erased]] if erased else [])]:
        try:
            waiting = [entry for entry in unit if entry.outcome is None]
            _transact(waiting, [e for e in unit if e.outcome is not None], sender, now, ciphers)
        except Exception as error:
            logger.exception("operation %s is held for a retry", unit[0].op)
            for entry in unit:
                entry.reset()
                entry.hold("server.retry", message=phrases.SERVER_RETRY)
            with transaction.atomic():
                _settle(unit, now, error=repr(error))


def _transact(
    pending: Sequence[Entry], decided: Sequence[Entry], sender: Sender | None, now: dt.datetime,
    ciphers: Mapping[UUID, Any],
) -> None:  # fmt: skip
    with transaction.atomic():
        run = Run(sender, now, dict(ciphers), settled=list(decided))
        batch: Sequence[Entry] = _with_group_mates(pending, run)
        for _ in range(MAX_ROUNDS):
            if not batch:
                break
            batch = _round(batch, run)
        else:
            raise ReactionsDoNotEnd([entry.kind for entry in batch])
        stamp(run.touched, registry)
        _settle(run.settled, now)


def _round(batch: Sequence[Entry], run: Run) -> list[Entry]:
    """Applies one batch; returns what follows from it: the server's own operations and released ones."""
    _admit(batch)
    opened = scope.admit([e for e in batch if e.outcome is None], run.sender, run.ciphers)
    _hold_broken_groups(batch)
    applied: list[Applied] = []
    for record_type in registry.types.values():
        entries = [e for e in batch if e.outcome is None and e.kind in record_type.kinds]
        if entries:
            applied += write.write(record_type, entries, run.ciphers, run.touched)
    run.settled += batch
    released = _released(applied, opened, run)
    return [*_react(applied, run), *released]


def _admit(batch: Iterable[Entry]) -> None:
    for entry in batch:
        record_type = registry.by_kind.get(entry.kind)
        if entry.outcome is not None:
            continue
        if record_type is None:
            entry.quarantine("kind.unknown", "kind", message=phrases.KIND_UNKNOWN)
        elif not entry.trusted and (
            record_type.server_only or record_type.policy is Policy.SERIALISED
        ):
            entry.quarantine("kind.office_only", "kind", message=phrases.OFFICE_ONLY)


def _with_group_mates(pending: Sequence[Entry], run: Run) -> list[Entry]:
    """Adds the held members of a group that this push completes; an incomplete group is held whole."""
    groups: dict[UUID, list[Entry]] = {}
    for entry in pending:
        if entry.group:
            groups.setdefault(entry.group, []).append(entry)
    incomplete = [group for group, members in groups.items() if len(members) < members[0].group_n]
    mates: list[Entry] = []
    if incomplete:
        mates = inbox.load(
            "\"group\" = ANY(%s) AND outcome = 'held'", [incomplete], ciphers=run.ciphers
        )
    for group in incomplete:
        held = [entry for entry in mates if entry.group == group]
        if len(groups[group]) + len(held) < groups[group][0].group_n:
            mates = [entry for entry in mates if entry.group != group]
            for entry in groups[group]:
                entry.hold("group.incomplete", "group", message=phrases.WAITING)
    return [*mates, *pending]


def _hold_broken_groups(batch: Sequence[Entry]) -> None:
    """One member that cannot be applied holds its whole group back."""
    broken = {entry.group for entry in batch if entry.group and entry.outcome is not None}
    for entry in batch:
        if entry.group in broken and entry.outcome is None:
            entry.hold("group.incomplete", "group", message=phrases.WAITING)


def _react(applied: Sequence[Applied], run: Run) -> list[Entry]:
    if not applied:
        return []
    drafts: Sequence[Draft] = ports().react(applied, run.now)
    if not drafts:
        return []
    absent = {draft.file for draft in drafts} - run.ciphers.keys()
    if absent:
        run.ciphers |= ports().keys(absent, create=True)
    return inbox.store_drafts(drafts, received=run.now, ciphers=run.ciphers)


def _released(applied: Sequence[Applied], opened: set[UUID], run: Run) -> list[Entry]:
    """Held operations whose record has just come."""
    targets = [item.entry.target for item in applied if item.created]
    if not targets and not opened:
        return []
    return inbox.load(
        "outcome = 'held' AND code = 'target.unknown' AND (target = ANY(%s) OR file = ANY(%s))",
        [targets, list(opened)],
        ciphers=run.ciphers,
    )


def _settle(entries: Sequence[Entry], now: dt.datetime, *, error: str = "") -> None:
    """Writes down what was decided, in one statement."""
    for entry in entries:
        if entry.outcome is None:
            entry.outcome = "applied"
    if not entries:
        return
    decisions = [
        {
            "op": str(entry.op), "outcome": entry.outcome, "flags": sorted(set(entry.flags)),
            "code": entry.code, "fields": entry.fields, "problems": entry.problems,
        }
        for entry in entries
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE sync_operation o SET outcome = d.outcome, flags = d.flags, code = d.code,"
            " fields = d.fields, problems = d.problems, error = %s, decided_at = %s,"
            " decision = nextval('sync_decision')"
            " FROM jsonb_to_recordset(%s::jsonb) AS d(op uuid, outcome text, flags text[],"
            " code text, fields text[], problems jsonb) WHERE o.op = d.op",
            [error, now, messages.write(decisions).decode()],
        )
