"""Transaction 2: records are written, judged and stamped together, or not at all."""

import datetime as dt
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import DataError, transaction

from . import (
    awaited,
    faults,
    files,
    groups,
    inbox,
    moves,
    neutral,
    oplog,
    phrases,
    projecting,
    review,
    salvage,
    scope,
    write,
)
from .entries import Applied, Draft, Entry
from .feed import Touched, stamp
from .ports import Sender, ports
from .registry import Policy, registry
from .settle import settle
from .uploads import losses
from .uploads.declared import declare

logger = logging.getLogger(__name__)

# A reaction may cause operations that cause others (a note that opens an alarm). Deeper than
# this means two reactions cause each other for ever.
MAX_ROUNDS = 8


class ReactionsDoNotEnd(RuntimeError):
    """Two reactions cause each other's operations."""


@dataclass(slots=True)
class Run:
    """What one transaction collects."""

    now: dt.datetime
    ciphers: dict[UUID, Any]
    touched: Touched = field(default_factory=dict)
    settled: list[Entry] = field(default_factory=list)
    # Shards that files have left, whose counters go on too.
    left: set[str] = field(default_factory=set)
    # Evidence that nothing may follow from but what says that a person has to read it.
    wordless: frozenset[UUID] = frozenset()


def apply(
    entries: Sequence[Entry],
    *,
    now: dt.datetime,
    ciphers: Mapping[UUID, Any],
    aside: Sequence[Entry] = (),
) -> None:
    """Applies entries; every one of them has an outcome afterwards.

    All go in one transaction. If that fails, each group and each single operation gets one of its
    own, and only what fails again is held as `server.retry`. `aside` are lines that are no operation of the log: they are looked through for dangers and
    nothing else.
    """
    pending = [entry for entry in entries if entry.outcome is None]
    closed = [entry for entry in entries if entry.outcome is not None]
    try:
        _transact(pending, closed, now, ciphers, aside)
    except Exception as error:  # noqa: BLE001  nothing may cost a neighbour
        logger.error(
            "a push of %d operations fell back to one at a time (%s)",
            len(entries),
            faults.summary(error),
        )
        _one_at_a_time(pending, closed, now, ciphers)
        look_through(aside, now=now, ciphers=ciphers)


def apply_stored(stored: inbox.Stored, *, sender: Sender, now: dt.datetime) -> dict[UUID, Entry]:
    """Applies what transaction 1 has found to be new; returns that, by operation."""
    fresh: dict[UUID, Entry] = {}
    for line in stored.lines:
        if line.entry is not None and line.receipt is None:
            fresh.setdefault(line.entry.op, line.entry)
    aside = salvage.readable(stored.lines, sender=sender, now=now)
    if fresh or aside:
        apply(list(fresh.values()), now=now, ciphers=stored.ciphers, aside=aside)
    return fresh


def _one_at_a_time(
    pending: Sequence[Entry], closed: Sequence[Entry], now: dt.datetime,
    ciphers: Mapping[UUID, Any],
) -> None:  # fmt: skip
    units: dict[UUID, list[Entry]] = {}
    for entry in pending:
        entry.reset()
        units.setdefault(entry.group or entry.op, []).append(entry)
    for unit in [*units.values(), *([[*closed]] if closed else [])]:
        try:
            _transact_unit(unit, now, ciphers)
        except Exception as error:  # noqa: BLE001  nothing may cost a neighbour
            logger.error("operation %s is held for a retry (%s)", unit[0].op, faults.summary(error))
            for entry in unit:
                entry.reset()
                entry.hold("server.retry", message=phrases.SERVER_RETRY)
            with transaction.atomic():
                settle(unit, now, error=faults.summary(error))


# What somebody's words do to a library. No later try would end otherwise.
_BY_WORDS = (DataError, UnicodeError, OverflowError, RecursionError)


def _transact_unit(unit: Sequence[Entry], now: dt.datetime, ciphers: Mapping[UUID, Any]) -> None:
    """A group, or one operation; evidence also where what follows from it fails on its words."""
    waiting = [entry for entry in unit if entry.outcome is None]
    decided = [entry for entry in unit if entry.outcome is not None]
    try:
        _transact(waiting, decided, now, ciphers)
    except _BY_WORDS as error:
        evidence = [entry for entry in waiting if _is_evidence(entry)]
        if decided or evidence != waiting:
            raise
        ops = frozenset(entry.op for entry in evidence)
        logger.error(
            "operations %s are for a person to read (%s)", sorted(ops), faults.summary(error)
        )
        for entry in evidence:
            entry.reset()
        _transact(evidence, [], now, ciphers, wordless=ops)


def _is_evidence(entry: Entry) -> bool:
    record_type = registry.by_kind.get(entry.kind)
    return record_type is not None and record_type.policy is Policy.APPEND


def look_through(
    aside: Sequence[Entry], *, now: dt.datetime, ciphers: Mapping[UUID, Any] | None = None
) -> None:
    """Lines that are no operation of the log, one by one: what fails harms no other."""
    for entry in aside:
        try:
            _transact([], [], now, ciphers or {}, aside=[entry])
        except Exception as error:  # noqa: BLE001  nothing may cost a neighbour
            # It is stored and in the administrators' queue.
            logger.error(
                "line %s could not be looked through for dangers (%s)",
                entry.op,
                faults.summary(error),
            )


def _transact(
    pending: Sequence[Entry], decided: Sequence[Entry], now: dt.datetime,
    ciphers: Mapping[UUID, Any], aside: Sequence[Entry] = (),
    wordless: frozenset[UUID] = frozenset(),
) -> None:  # fmt: skip
    with transaction.atomic():
        if beyond := _beyond(pending):
            files.lock({*beyond, *(entry.file for entry in pending)})
        neutral.judge(decided, pending)
        run = Run(now, dict(ciphers), settled=list(decided), wordless=wordless)
        alerts = _store(_alert([*decided, *aside], run), run)
        batch: Sequence[Entry] = [*groups.with_mates(pending, run.ciphers), *alerts]
        for _ in range(MAX_ROUNDS):
            if not batch:
                break
            batch = _round(batch, run)
        else:
            raise ReactionsDoNotEnd([entry.kind for entry in batch])
        # One that was tried twice is as the last try left it.
        settled = list({entry.op: entry for entry in run.settled}.values())
        declare(settled, now=now)
        stamp(run.touched, registry, left=run.left)
        settle(settled, now)


def _beyond(entries: Sequence[Entry]) -> set[UUID]:
    """Other files that what follows will write to. Locked later, two could wait for each other."""
    return {
        file
        for record_type in registry.types.values()
        if record_type.reaches
        and (own := [entry for entry in entries if entry.kind in record_type.kinds])
        for file in record_type.reaches(own)
    }


def _round(batch: Sequence[Entry], run: Run) -> list[Entry]:
    """Applies one batch; returns what follows from it: the server's own operations and released ones."""
    _admit(batch)
    review.admit(batch)
    opened = scope.admit(batch, run.ciphers)
    batch = _without_applied(batch)
    losses.admit(batch)
    groups.hold_broken(batch)
    applied: list[Applied] = []
    moving = opened.moved
    for record_type in registry.types.values():
        own = [entry for entry in batch if entry.kind in record_type.kinds]
        entries = [entry for entry in own if entry.outcome is None]
        kept = [entry for entry in own if entry.outcome is not None and entry.shard]
        if entries or (kept and record_type.policy is Policy.REGISTER):
            written = write.write(record_type, entries, run.ciphers, run.touched, kept)
            moving |= moves.decided(record_type, written)
            applied += written
    if moving:
        run.left |= moves.move(moving, run.ciphers, run.touched)
    losses.follow(applied)
    run.settled += batch
    come = awaited.come(applied, opened.files)
    if come:
        awaited.link(come, run.ciphers, run.touched)
    released = _released(applied, opened.files, come, run)
    decided = groups.with_mates(review.follow(applied, run.ciphers), run.ciphers)
    kept = [entry for entry in batch if entry.outcome is not None and not entry.trusted]
    drafts = [*_alert([*kept, *review.alarmed(applied, run.ciphers)], run), *_react(applied, run)]
    return [*_store(drafts, run), *released, *decided]


def _without_applied(batch: Sequence[Entry]) -> list[Entry]:
    """Leaves out what another request or a retry has applied meanwhile: it is never applied again.

    Asked under the files' locks, so that what is read here stands until the commit.
    """
    done = {receipt.op: receipt for receipt in oplog.outcomes([entry.op for entry in batch])}
    for entry in batch:
        if (receipt := done[entry.op]).outcome == "applied":
            entry.reset()
            entry.outcome, entry.flags, entry.problems = "applied", receipt.flags, receipt.problems
    return [entry for entry in batch if done[entry.op].outcome != "applied"]


def _admit(batch: Iterable[Entry]) -> None:
    """Evidence is evidence whoever sends it; what changes a record waits for a review."""
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
        elif record_type.policy is Policy.APPEND:
            continue
        elif entry.mended and not entry.trusted:
            # Not what its author wrote: a person gives it other contents, or sets it aside.
            entry.quarantine("data.malformed", "data", message=phrases.DATA_MALFORMED)
        elif "reviewed" in entry.flags:
            continue
        elif "revoked" in entry.flags:
            entry.hold("device.revoked", message=phrases.DEVICE_REVOKED)
        elif "person" in entry.flags:
            entry.hold("person.not_enrolled", "person", message=phrases.PERSON_NOT_ENROLLED)


def _react(applied: Sequence[Applied], run: Run) -> Sequence[Draft]:
    if not applied:
        return []
    unread = [item.entry for item in applied if item.entry.op in run.wordless]
    if not unread:
        return ports().react(applied, run.now)
    for entry in unread:
        entry.add_problem(projecting.UNUSABLE)
    found = ports().unjudged(unread, run.now)
    silent = [
        replace(item, entry=replace(item.entry, data={}))
        if item.entry.op in run.wordless else item
        for item in applied
    ]  # fmt: skip
    return [*ports().react(silent, run.now), *(draft for own in found.values() for draft in own)]


def _alert(kept: Sequence[Entry], run: Run) -> list[Draft]:
    """A danger that can be read in what is not applied alerts a person all the same."""
    found = ports().kept(kept, run.now) if kept else {}
    drafts: list[Draft] = []
    for entry in kept:
        if not found.get(entry.op):
            continue
        entry.flags.append("danger")
        if entry.code == "file.erased":
            logger.error("operation %s on an erased file holds a danger", entry.op)
        else:
            drafts += found[entry.op]
    return drafts


def _store(drafts: Sequence[Draft], run: Run) -> list[Entry]:
    if not drafts:
        return []
    absent = {draft.file for draft in drafts} - run.ciphers.keys()
    if absent:
        run.ciphers |= ports().keys(absent, create=True)
    return inbox.store_drafts(drafts, received=run.now, ciphers=run.ciphers)


def _released(
    applied: Sequence[Applied], opened: set[UUID], come: Sequence[UUID], run: Run
) -> list[Entry]:
    """Held operations whose record has just come, or one that they name (`come`); a repaired one may
    be that record itself.
    """
    done = [entry.op for entry in run.settled if entry.outcome in (None, "applied")]
    targets = [item.entry.target for item in applied if item.created]
    if not targets and not opened and not come:
        return []
    return oplog.load(
        "outcome <> 'applied' AND code IN ('target.unknown', 'target.absent')"
        " AND (target = ANY(%s) OR file = ANY(%s) OR op = ANY(%s)) AND NOT op = ANY(%s)",
        [targets, list(opened), list(come), done],
        ciphers=run.ciphers,
    )
