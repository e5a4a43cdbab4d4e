"""What a row changes in a file, given what earlier rosters said and what stands there now. Pure.

A roster has seen only what rosters said before. Where it says the same again it changes nothing, so a
value that a supervisor corrected since stays. Where it says something new and somebody else wrote too,
both stand, and a person is asked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sync.merge import registers

SOURCE = "roster"


@dataclass(slots=True)
class Wanted:
    """What a row says of one record: registers by name, elements by set. A dict is an atomic register."""

    registers: dict[str, Any] = field(default_factory=dict)
    sets: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(slots=True)
class Before:
    """What earlier rosters wrote: register → (operation, value), (set, element) → operations."""

    registers: dict[str, tuple[str, Any]] = field(default_factory=dict)
    elements: dict[tuple[str, str], list[str]] = field(default_factory=dict)


def before(history: Iterable[tuple[str, Mapping[str, Any]]]) -> Before:
    """`history`: operation and data of what was applied to one record, in order."""
    found = Before()
    for op, data in history:
        if data.get("source") != SOURCE:
            continue
        for name, write in data.get("set", {}).items():
            found.registers[name] = (op, write["v"])
        for name, elements in data.get("add", {}).items():
            for element in elements:
                found.elements.setdefault((name, element), []).append(op)
        for name, elements in data.get("remove", {}).items():
            for element in elements:
                found.elements.pop((name, element), None)
    return found


def first(wanted: Wanted) -> dict[str, Any]:
    """The data of a registration."""
    return change(wanted, {}, Before()) or {"source": SOURCE, "set": {}}


def change(wanted: Wanted, state: registers.State, told: Before) -> dict[str, Any] | None:
    """The data of an operation, or None when the row says nothing new."""
    sets = {
        name: write
        for name, value in wanted.registers.items()
        if (write := _write(value, state.get(name), told.registers.get(name))) is not None
    }
    adds: dict[str, dict[str, Any]] = {}
    removes: dict[str, dict[str, Any]] = {}
    for name, elements in wanted.sets.items():
        for element, value in elements.items():
            live = state.get(f"{name}/{element}", registers.Register()).live
            if (name, element) not in told.elements and not live:
                adds.setdefault(name, {})[element] = {"v": value, "saw": []}
        for (own, element), ops in told.elements.items():
            if own == name and element not in elements:
                removes.setdefault(name, {})[element] = ops
    data = {"set": sets, "add": adds, "remove": removes}
    filled = {part: content for part, content in data.items() if content}
    return {"source": SOURCE, **filled} if filled else None


def _write(
    value: Any, register: registers.Register | None, told: tuple[str, Any] | None
) -> dict[str, Any] | None:
    op, said = told or ("", None)
    if _says_nothing_new(value, said):
        return None
    live = register.live if register else {}
    shown = registers.shown(register) if register else None
    if _contradicts(value, shown, said):
        # Only our own earlier word is replaced: the other one stays beside the new.
        same = [other for other, write in live.items() if write.value == value]
        return {"v": _over(said, value), "saw": sorted({*same, *([op] if op else [])})}
    return {"v": _over(shown, value), "saw": sorted({*live, *([op] if op else [])})}


def _says_nothing_new(value: Any, said: Any) -> bool:
    """A cell that has become empty is no news: nobody erases by leaving out."""
    if isinstance(value, dict) and isinstance(said, dict):
        return all(said.get(key) == member for key, member in value.items())
    return bool(value == said) or value in (None, {})


def _contradicts(value: Any, shown: Any, said: Any) -> bool:
    """Whether somebody else's word stands and differs from this one."""
    if shown is None or shown == said:
        return False
    if not isinstance(value, dict) or not isinstance(shown, dict):
        return bool(shown != value)
    known = said if isinstance(said, dict) else {}
    return any(
        key in shown and shown[key] not in (member, known.get(key)) for key, member in value.items()
    )


def _over(under: Any, value: Any) -> Any:
    """The members of `value` over those that it does not name."""
    return {**under, **value} if isinstance(under, dict) and isinstance(value, dict) else value
