"""What the registers of each record must hold once everything is in. Plain dicts.

A write supersedes the writes its author saw, and what those had seen where they were themselves not
applied. Which operations were applied is the server's word; what follows from it is ours.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = {"child.register", "child.edit"}
_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Write:
    value: Any
    saw: frozenset[str]


@dataclass(slots=True)
class Values:
    """Writes by record, register and operation."""

    records: dict[str, dict[str, dict[str, Write]]] = field(default_factory=dict)

    def written(self, operation: Mapping[str, Any]) -> None:
        """An operation as it stands on its line; others than those of `KINDS` are left out."""
        if operation["kind"] not in KINDS:
            return
        data = operation["data"]
        for name, write in data.get("set", {}).items():
            self._add(operation, name, write["v"], write["saw"])
        for name, elements in data.get("add", {}).items():
            for element, write in elements.items():
                self._add(operation, f"{name}/{element}", write["v"], write["saw"])
        for name, elements in data.get("remove", {}).items():
            for element, saw in elements.items():
                self._add(operation, f"{name}/{element}", _NOTHING, saw)

    def _add(self, operation: Mapping[str, Any], register: str, value: Any, saw: list[str]) -> None:
        of = self.records.setdefault(operation["target"], {}).setdefault(register, {})
        of[operation["op"]] = Write(value, frozenset(saw) - {operation["op"]})

    def live(self, record: str, applied: Collection[str]) -> dict[str, dict[str, Any]]:
        """Register → operation → value, of what nobody has superseded."""
        found = {}
        for register, writes in self.records.get(record, {}).items():
            counted = {op: write for op, write in writes.items() if op in applied}
            gone = _superseded(counted, writes)
            live = {
                op: write.value
                for op, write in counted.items()
                if op not in gone and write.value is not _NOTHING
            }
            if live:
                found[register] = live
        return found


def _superseded(counted: Mapping[str, Write], writes: Mapping[str, Write]) -> set[str]:
    gone: set[str] = set()
    ahead = [op for write in counted.values() for op in write.saw]
    while ahead:
        op = ahead.pop()
        if op not in gone:
            gone.add(op)
            ahead += writes[op].saw if op in writes else []
    return gone


def conflicts(live: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """Registers of which people say different things; elements of sets never are."""
    return {
        register
        for register, writes in live.items()
        if "/" not in register and len({json.dumps(v, sort_keys=True) for v in writes.values()}) > 1
    }
