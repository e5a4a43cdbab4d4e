"""From households to operations. A household's operations are handed over together."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sync.entries import Draft
from sync.merge.registers import State

from . import edits, saying
from .adults import adults
from .edits import Before, Wanted
from .households import Home
from .ids import row_id
from .matching import Match
from .slips import Slip
from .supervisors import Cover, Supervisor, choose


@dataclass(frozen=True, slots=True)
class Context:
    """What the database says; every mapping is by record id."""

    person: UUID
    at: dt.datetime
    homes: Mapping[UUID, State]
    adults: Mapping[UUID, Mapping[UUID, State]]
    told: Mapping[UUID, Before]
    covers: Mapping[UUID, Cover]
    supervisors: Sequence[Supervisor]


@dataclass(slots=True)
class Unit:
    """One household. `news` counts, by row number, the operations that change something for it."""

    home: Home
    drafts: list[Draft] = field(default_factory=list)
    news: dict[int, int] = field(default_factory=dict)


def unit(home: Home, context: Context) -> Unit:
    """In the order in which they must be applied: household, adults, children, assignments."""
    made = Unit(home, news={match.row.number: 0 for match in home.matches})
    rows = [match.row.number for match in home.matches]
    wanted = _home(home)
    _write(made, context, "household", home.id, home.id, wanted, context.homes.get(home.id), rows)
    for adult in adults(home, context.adults.get(home.id, {})):
        _write(made, context, "guardian", adult.id, home.id, adult.wanted(home), adult.state, rows)
    for match in home.matches:
        wanted = saying.child(match.row, household=str(home.id))
        if "unread" in context.told.get(match.child, Before()).registers:
            wanted.registers.setdefault("unread", [])
        if "unread" in context.told.get(match.child, Before()).registers:
            wanted.registers.setdefault("unread", [])
        _write(
            made,
            context,
            "child",
            match.child,
            match.child,
            wanted,
            match.state,
            [match.row.number],
        )
    made.drafts += [draft for match in home.matches if (draft := _assign(match, context))]
    return made


def _home(home: Home) -> Wanted:
    """Of several rows the first that says something."""
    wanted = Wanted()
    for match in home.matches:
        said = saying.home(match.row)
        wanted.registers = said.registers | wanted.registers
    return wanted


def _write(
    made: Unit, context: Context, record: str, target: UUID, file: UUID, wanted: Wanted,
    state: State | None, rows: Sequence[int],
) -> None:  # fmt: skip
    if state is None:
        kind, data = f"{record}.register", edits.first(wanted)
    else:
        told = context.told.get(target, Before())
        kind, changed = f"{record}.edit", edits.change(wanted, state, told)
        if changed is None:
            return
        data = changed
    made.drafts.append(_draft(context, kind, target, file, data))
    for row in rows:
        made.news[row] += 1


def _assign(match: Match, context: Context) -> Draft | None:
    """Opens an assignment where there is none; who covers a child already goes on doing so."""
    cover = context.covers.get(match.child, Cover())
    supervisor, slip = choose(match.row, context.supervisors)
    if cover.person is not None:
        if supervisor is not None and supervisor.id != cover.person and slip is None:
            match.row.slips.append(Slip(match.row.number, "", "roster.supervisor_other"))
        return None
    if slip is not None:
        match.row.slips.append(slip)
    if supervisor is None:
        return None
    target = row_id("assignment", str(match.child), str(cover.times))
    data = {"person": str(supervisor.id)}
    return _draft(context, "caseload.assign", target, match.child, data)


def _draft(context: Context, kind: str, target: UUID, file: UUID, data: Mapping[str, Any]) -> Draft:
    """The same change of the same record is the same operation, however often the file is sent."""
    said = json.dumps(data, sort_keys=True, ensure_ascii=False)
    return Draft(
        op=row_id("op", kind, str(target), said), person=context.person, kind=kind, target=target,
        file=file, data=dict(data), at=context.at,
    )  # fmt: skip
