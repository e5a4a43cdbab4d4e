"""Which file each row belongs to: one that is there, one that an earlier row of the sheet has, or a new one."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.children import lookup
from backend.regions import codes
from sync.merge import registers

from .ids import row_id
from .reading import Row
from .slips import Slip

State = registers.State


@dataclass(slots=True)
class Match:
    """`state` is None for a child that is not filed yet."""

    row: Row
    child: UUID
    state: State | None


def match(rows: Sequence[Row], *, prefixes: Sequence[str]) -> tuple[list[Match], list[Row]]:
    """Rows with their files, and the rows that repeat an earlier one. Three statements."""
    fresh, repeated = _once(rows)
    filed = lookup.children_with_numbers(
        {r.id_number for r in fresh if r.id_number}, prefixes=prefixes
    )
    turns = list(_turns(fresh))
    wanted = {child for row, turn in turns for child in _candidates(row, turn)}
    states = lookup.child_states(wanted | set(filed.values()))
    claimed: dict[UUID, Row] = {}
    matches = []
    for row, turn in turns:
        child = _file_of(row, turn, filed, states, prefixes)
        if child in claimed:
            _repeats(row, claimed[child], "roster.same_child")
            repeated.append(row)
        else:
            claimed[child] = row
            matches.append(Match(row, child, states.get(child)))
    return matches, repeated


def _once(rows: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    first: dict[Any, Row] = {}
    fresh: list[Row] = []
    repeated: list[Row] = []
    for row in rows:
        said = {key: str(value) for key, value in row.values.items() if key != "number"}
        same = (*said.items(), *row.unread.items())
        if row.id_number and row.id_number in first:
            _repeats(row, first[row.id_number], "roster.same_child")
            repeated.append(row)
        elif same in first:
            _repeats(row, first[same], "roster.same_row")
            repeated.append(row)
        else:
            fresh.append(row)
            first[same] = row
            if row.id_number:
                first[row.id_number] = row
    return fresh, repeated


def _repeats(row: Row, first: Row, code: str) -> None:
    row.slips.append(Slip(row.number, "", code, hint=str(first.number)))


def _turns(rows: Sequence[Row]) -> Iterator[tuple[Row, int]]:
    """The how-manieth row of the sheet with this name, birth date and village it is."""
    seen: dict[tuple[str, ...], int] = defaultdict(int)
    for row in rows:
        yield row, seen[_known_by(row)]
        seen[_known_by(row)] += 1


def _known_by(row: Row) -> tuple[str, ...]:
    return row.get("name"), str(row.get("birth_date") or ""), row.get("village")


def _candidates(row: Row, turn: int) -> list[UUID]:
    """The ids the row may have, the surest first. The last two keep clear of files out of scope."""
    village, number = row.get("village"), row.id_number
    by_name = [row_id("child", "name", *_known_by(row), str(t)) for t in (turn, turn + 1000)]
    if not number:
        return by_name
    by_number = row_id("child", "number", village[:6], number)
    return [by_number, by_name[0], row_id("child", "number", village, number)]


def _file_of(
    row: Row, turn: int, filed: Mapping[str, UUID], states: Mapping[UUID, State],
    prefixes: Sequence[str],
) -> UUID:  # fmt: skip
    """A filed child with the number; else one that an earlier roster made of this row; else a new id."""
    if row.id_number and row.id_number in filed:
        return filed[row.id_number]
    candidates = _candidates(row, turn)
    for child in candidates:
        state = states.get(child)
        if state is not None and _in_scope(state, prefixes) and _may_be(state, row):
            return child
    return next(
        child for child in (*candidates, row_id("child", "row", *row.cells)) if child not in states
    )


def _in_scope(state: State, prefixes: Sequence[str]) -> bool:
    division = str((_shown(state, "residence") or {}).get("division") or "")
    return codes.covers(prefixes, division)


def _may_be(state: State, row: Row) -> bool:
    """Not if both have a number that passes its check, and not the same one."""
    number = str((_shown(state, "identity") or {}).get("id_number") or "")
    try:
        return not row.id_number or lookup.normalise_id(number) == row.id_number
    except ValueError:
        return True


def _shown(state: State, name: str) -> Any:
    return registers.shown(state[name]) if name in state else None
