"""The adults of a household, out of the rows of its children: guardians, fathers and mothers, each once."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sync.merge import registers

from . import saying
from .columns import columns
from .edits import Wanted
from .households import Home
from .ids import row_id
from .reading import Row
from .slips import Slip

_ROLES = ("guardian", "father", "mother")
_PARTS = ("identity", "contact", "whereabouts")


@dataclass(slots=True)
class Adult:
    """`state` is None for somebody who is not filed yet."""

    id: UUID
    state: registers.State | None = None
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)
    children: dict[str, dict[str, Any]] = field(default_factory=dict)

    def wanted(self, home: Home) -> Wanted:
        registers_ = {name: part for name, part in self.parts.items() if part}
        return Wanted({"household": str(home.id), **registers_}, {"children": self.children})


def adults(home: Home, filed: Mapping[UUID, registers.State]) -> list[Adult]:
    """Those whom the rows name. What brothers' rows say differently becomes a slip of the later row."""
    found: list[Adult] = []
    known = [Adult(key, state) for key, state in filed.items()]
    for match in home.matches:
        for role, told in _told(match.row):
            parts = {name: part for name in _PARTS if (part := told.registers.get(name))}
            adult = _find(found, parts) or _filed(known, found, parts)
            if adult is None:
                adult = Adult(_new_id(home, found, _called(parts, role, match.child), parts))
            if adult not in found:
                found.append(adult)
            _add(adult, parts, match.row, role)
            relation = adult.children.setdefault(str(match.child), {})
            relation |= _relation(role, told, relation)
    return found


def _told(row: Row) -> Iterator[tuple[str, Wanted]]:
    for role in _ROLES:
        told = saying.of(row, role)
        if told.registers:
            yield role, told


def _new_id(
    home: Home, found: list[Adult], called: str, parts: Mapping[str, Mapping[str, Any]]
) -> UUID:
    """By name, so that a corrected phone or number stays the same person; two of one name by number."""
    named = row_id("adult", str(home.id), called)
    if all(adult.id != named for adult in found):
        return named
    return row_id("adult", str(home.id), called, str(parts.get("identity", {}).get("id_number")))


def _relation(role: str, told: Wanted, before: Mapping[str, Any]) -> dict[str, Any]:
    if role != "guardian":
        return {"relationship": role}
    relationship = told.registers.get("relationship") or before.get("relationship")
    return {"guardian": True, **({"relationship": relationship} if relationship else {})}


def _find(found: list[Adult], parts: Mapping[str, Mapping[str, Any]]) -> Adult | None:
    """The same name and no two different numbers."""
    card = parts.get("identity", {})
    for adult in found:
        own = adult.parts.get("identity", {})
        numbers = {own.get("id_number"), card.get("id_number")} - {None}
        if card.get("name") and own.get("name") == card["name"] and len(numbers) < 2:
            return adult
    return None


def _filed(
    known: list[Adult], found: list[Adult], parts: Mapping[str, Mapping[str, Any]]
) -> Adult | None:
    """Somebody filed in the household: by number, then by name, then by phone."""
    signs = (("identity", "id_number"), ("identity", "name"), ("contact", "phone"))
    for part, member in signs:
        value = parts.get(part, {}).get(member)
        for adult in known:
            if value and adult not in found and _shown(adult, part).get(member) == value:
                return adult
    return None


def _shown(adult: Adult, part: str) -> dict[str, Any]:
    state = adult.state or {}
    value = registers.shown(state[part]) if part in state else None
    return value if isinstance(value, dict) else {}


def _called(parts: Mapping[str, Mapping[str, Any]], role: str, child: UUID) -> str:
    """What tells an adult from the others of the household; one without a name is this child's."""
    card = parts.get("identity", {})
    return card.get("name") or f"{role} {child}"


def _add(adult: Adult, parts: Mapping[str, Mapping[str, Any]], row: Row, role: str) -> None:
    for name, part in parts.items():
        own = adult.parts.setdefault(name, {})
        for member, value in part.items():
            if own.setdefault(member, value) != value:
                column = _column(role, name, member)
                row.slips.append(
                    Slip(row.number, column, "roster.sibling_differs", str(value), str(own[member]))
                )


def _column(role: str, register: str, member: str) -> str:
    return next(key for key, column in columns().items() if column.to == (role, register, member))
