"""A roster on its way in: read, matched, turned into operations, and handed over in chunks.

A preview is the same without the last step.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.children import lookup
from backend.regions import queries as regions
from sync import oplog, push
from sync.entries import Draft
from sync.models import Operation
from sync.protocol.messages import Receipt

from .drafts import Context, Unit, unit
from .duplicates import Duplicate, Someone, likely_duplicates, of_known, of_match
from .edits import Before, before
from .households import Home, households
from .matching import match
from .places import Places
from .reading import Reading, Row, reading
from .slips import Slip
from .supervisors import covers, supervisors_of

# Operations per transaction: enough that statements do not count, few enough to hold locks briefly.
CHUNK = 400
Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Plan:
    """What an import will do. Every row of the file is in `units`, `repeated` or `reading.refused`."""

    reading: Reading
    units: list[Unit] = field(default_factory=list)
    repeated: list[Row] = field(default_factory=list)
    pairs: list[Duplicate] = field(default_factory=list)

    @property
    def drafts(self) -> list[Draft]:
        return [draft for one in self.units for draft in one.drafts]


def plan(
    *, table: Sequence[Sequence[Any]], prefixes: Sequence[str], person: UUID, now: dt.datetime,
    at: dt.datetime | None = None,
) -> Plan:  # fmt: skip
    """Reads and compares; writes nothing. Rows outside `prefixes` are refused. Fixed statements.

    `at` is when the roster was true (now, if nothing is said): assignments start on that day.
    """
    today = timezone.localdate(now)
    read = reading(table=table, places=_places(prefixes), today=today)
    made = Plan(read)
    matches, made.repeated = match(read.rows, prefixes=prefixes)
    homes = households(matches)
    context = _context(homes, person, now, at or now)
    made.units = [unit(home, context) for home in homes]
    made.pairs = _pairs(made, prefixes)
    return made


def run(made: Plan, *, now: dt.datetime, progress: Progress = lambda done, total: None) -> None:
    """Hands the operations over. What could not be written becomes a slip of its rows.

    Must not run inside a transaction; a crash between chunks loses nothing: importing again goes on.
    """
    done, total = 0, len(made.drafts)
    for chunk in _chunks(made.units):
        drafts = [draft for one in chunk for draft in one.drafts]
        receipts = push.submit(drafts, now=now)
        _tell(chunk, receipts)
        done += len(drafts)
        progress(done, total)


def _places(prefixes: Sequence[str]) -> Places:
    levels = ["township", "village"]
    names = regions.under(prefixes).filter(level__in=levels, valid_to=None)
    return Places(dict(names.values_list("code", "name")))


def _context(homes: Sequence[Home], person: UUID, now: dt.datetime, at: dt.datetime) -> Context:
    known = [home.id for home in homes if home.known]
    matches = [match for home in homes for match in home.matches]
    adults = lookup.guardians_of(known)
    targets = [
        *known,
        *(adult for own in adults.values() for adult in own),
        *(match.child for match in matches if match.state is not None),
    ]
    villages = {match.row.get("village") for match in matches}
    return Context(
        person=person, at=at, homes=lookup.household_states(known), adults=adults,
        told=_told(targets), covers=covers([match.child for match in matches]),
        supervisors=supervisors_of(villages, on=timezone.localdate(now)),
    )  # fmt: skip


def _told(targets: Sequence[UUID]) -> dict[UUID, Before]:
    """What earlier rosters said of the records."""
    office = Operation.objects.filter(
        target__in=targets, device=None, outcome="applied",
        kind__regex=r"^(child|guardian|household)\.(register|edit)$",
    ).order_by("ordinal")  # fmt: skip
    ops = list(office.values_list("op", "target"))
    said = oplog.contents(op for op, _ in ops)
    histories: dict[UUID, list[tuple[str, dict[str, Any]]]] = {}
    for op, target in ops:
        if op in said:
            histories.setdefault(target, []).append((str(op), said[op]))
    return {target: before(history) for target, history in histories.items()}


def _pairs(made: Plan, prefixes: Sequence[str]) -> list[Duplicate]:
    """Likely duplicates among the rows, and between new rows and children that are filed."""
    matches = [match for one in made.units for match in one.home.matches]
    people = [of_match(match) for match in matches]
    new = {match.child for match in matches if match.state is None}
    asked = [someone for someone in people if someone.child in new]
    in_sheet = {someone.child for someone in people}
    filed = [
        of_known(known)
        for known in lookup.children_like(
            births={s.birth_date for s in asked if s.birth_date},
            phones={phone for s in asked for phone in s.phones},
            prefixes=prefixes,
        )
        if known.id not in in_sheet
    ]
    pairs = [
        pair
        for pair in likely_duplicates(people, filed)
        # Two children who were both here before have been looked at before.
        if {pair.first.child, pair.second.child} & new
    ]
    rows = {match.row.number: match.row for match in matches}
    for pair in pairs:
        for own, other in ((pair.first, pair.second), (pair.second, pair.first)):
            if own.row:
                hint = _pointed(other)
                rows[own.row].slips.append(Slip(own.row, "", "roster.likely_same", hint=hint))
    return pairs


def _pointed(other: Someone) -> str:
    return f"{other.row} ({other.name})" if other.row else other.name


def _chunks(units: Sequence[Unit]) -> Iterator[list[Unit]]:
    chunk: list[Unit] = []
    size = 0
    for one in units:
        if one.drafts:
            chunk.append(one)
            size += len(one.drafts)
        if size >= CHUNK:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _tell(chunk: Sequence[Unit], receipts: Sequence[Receipt]) -> None:
    """An operation that was here before has no receipt: it was judged then."""
    failed = {receipt.op: receipt for receipt in receipts if receipt.outcome != "applied"}
    if not failed:
        return
    for one in chunk:
        for draft in one.drafts:
            if draft.op not in failed:
                continue
            for own in one.home.matches:
                if draft.file in (one.home.id, own.child):
                    code = failed[draft.op].code or ""
                    own.row.slips.append(Slip(own.row.number, "", "roster.row_refused", hint=code))
