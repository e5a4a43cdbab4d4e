"""Multi-value registers: the state of a field is the set of writes that nobody superseded.

A write names the operations whose values its author saw and supersedes exactly those. Because every
write received contributes what it saw, whether or not it is superseded itself, folding is a set
union: no order of arrival, grouping or repetition can change the result.

An element of a set is a register of its own, keyed `name/element`: adding it is a write, removing
it is an edit without a value. A concurrent addition was not seen by the removal, so adding wins.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Kind = Literal["plain", "protective", "set"]


class _Removed:
    """The value of an edit that only supersedes."""


REMOVED: Final = _Removed()


@dataclass(frozen=True, slots=True)
class Edit:
    """What one operation says about one register. `at` is its corrected time in milliseconds."""

    key: str
    op: str
    at: int
    value: Any
    saw: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Write:
    op: str
    at: int
    value: Any


@dataclass(frozen=True, slots=True)
class Register:
    """`live` by operation id; `gone` holds every superseded operation, arrived or not."""

    live: Mapping[str, Write] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()


State = Mapping[str, Register]


@dataclass(frozen=True, slots=True)
class Spec:
    """How a field is shown. `order` of a protective field names its values, most protective first."""

    kind: Kind = "plain"
    order: tuple[str, ...] = ()


PLAIN: Final = Spec()
_ANY_SET: Final = Spec("set")


def fold(state: State, edits: Iterable[Edit]) -> dict[str, Register]:
    """The state with the edits in it. Commutative, associative and idempotent."""
    folded = dict(state)
    for edit in edits:
        folded[edit.key] = _fold_one(folded.get(edit.key, Register()), edit)
    return folded


def _fold_one(register: Register, edit: Edit) -> Register:
    # An operation cannot supersede itself: a client that named its own id would erase its value.
    gone = register.gone | {op for op in edit.saw if op != edit.op}
    live = {op: write for op, write in register.live.items() if op not in gone}
    if edit.value is not REMOVED and edit.op not in gone:
        live[edit.op] = Write(edit.op, edit.at, edit.value)
    return Register(live, gone)


def supersede(state: State, kept: Iterable[Edit]) -> dict[str, Register]:
    """The state with what operations saw that are kept but not applied (held, quarantined).

    Their own values never count. But whoever saw one of them saw what it had replaced: without
    this, an old value would stand beside the newest as if two people disagreed.
    """
    seen: dict[str, list[Edit]] = {}
    for edit in kept:
        seen.setdefault(edit.key, []).append(edit)
    reached = dict(state)
    for key, edits in seen.items():
        if key in reached:
            reached[key] = _supersede_one(reached[key], edits)
    return reached


def _supersede_one(register: Register, kept: Iterable[Edit]) -> Register:
    waiting = list(kept)
    while through := [edit for edit in waiting if edit.op in register.gone]:
        waiting = [edit for edit in waiting if edit.op not in register.gone]
        for edit in through:
            register = _fold_one(register, edit)
    return register


def shown(register: Register, spec: Spec = PLAIN) -> Any:
    """The one value to show, or None when nothing is live. A pure function of the live writes."""
    writes = list(register.live.values())
    if not writes:
        return None
    if spec.kind == "protective":
        best = min(_rank(write.value, spec.order) for write in writes)
        writes = [write for write in writes if _rank(write.value, spec.order) == best]
    return max(writes, key=lambda write: (write.at, write.op)).value


def _rank(value: Any, order: tuple[str, ...]) -> int:
    """An unknown value, from a newer phone, stands behind every known one but is still a sibling."""
    return order.index(value) if value in order else len(order)


def in_conflict(register: Register) -> bool:
    """Whether live writes disagree. Equal values written twice are not a conflict."""
    return len({_canonical(write.value) for write in register.live.values()}) > 1


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def values(state: State, specs: Mapping[str, Spec]) -> dict[str, Any]:
    """Every field's shown value; a set is a dict from element to its value."""
    sets: dict[str, dict[str, Any]] = {
        name: {} for name, spec in specs.items() if spec.kind == "set"
    }
    fields: dict[str, Any] = {}
    for key, register in state.items():
        name, slash, element = key.partition("/")
        if not register.live:
            continue
        if not slash:
            fields[name] = shown(register, specs.get(name, PLAIN))
        elif specs.get(name, _ANY_SET).kind == "set":
            sets.setdefault(name, {})[element] = shown(register)
    # A newer phone may use one unknown name both ways; a declared field keeps its declared shape.
    declared = {name: sets[name] for name, spec in specs.items() if spec.kind == "set"}
    return {**sets, **fields, **declared}


def conflicts(state: State) -> list[str]:
    """The fields on which people disagree, sorted. Elements of sets never do."""
    return sorted(key for key, reg in state.items() if "/" not in key and in_conflict(reg))


def dump(state: State) -> dict[str, Any]:
    """The state as JSON: `{key: {"live": {op: [at, value]}, "gone": [op, …]}}`."""
    return {
        key: {
            "live": {op: [write.at, write.value] for op, write in sorted(reg.live.items())},
            "gone": sorted(reg.gone),
        }
        for key, reg in sorted(state.items())
    }


def load(stored: Mapping[str, Any]) -> dict[str, Register]:
    """The inverse of `dump`."""
    return {
        key: Register(
            {op: Write(op, at, value) for op, (at, value) in reg["live"].items()},
            frozenset(reg["gone"]),
        )
        for key, reg in stored.items()
    }
