"""From an operation's data to edits of registers.

{"set":    {"school": {"v": "primary", "saw": ["<op>"]}},
 "add":    {"categories": {"LEFT_BEHIND": {"v": {"since": "2026-01-01"}, "saw": []}}},
 "remove": {"categories": {"MIGRANT": ["<op>"]}}}
"""

from collections.abc import Iterator, Mapping
from typing import Any

from .registers import REMOVED, Edit


class Malformed(ValueError):
    """The data is not of the shape above; `field` is the path to the first thing that is wrong."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def edits(op: str, at: int, data: Mapping[str, Any]) -> list[Edit]:
    """Raises `Malformed`. Unknown field names are edits like any other: a newer phone knows them."""
    return [*_sets(op, at, data), *_adds(op, at, data), *_removes(op, at, data)]


def readable_edits(op: str, at: int, data: Mapping[str, Any]) -> list[Edit]:
    """The edits of an operation that is kept but not applied; none of one that is malformed."""
    try:
        return edits(op, at, data)
    except Malformed:
        return []


def _sets(op: str, at: int, data: Mapping[str, Any]) -> Iterator[Edit]:
    for name, write in _mapping(data.get("set", {}), "set").items():
        yield Edit(name, op, at, *_write(write, f"set.{name}"))


def _adds(op: str, at: int, data: Mapping[str, Any]) -> Iterator[Edit]:
    for name, elements in _mapping(data.get("add", {}), "add").items():
        for element, write in _mapping(elements, f"add.{name}").items():
            yield Edit(f"{name}/{element}", op, at, *_write(write, f"add.{name}.{element}"))


def _removes(op: str, at: int, data: Mapping[str, Any]) -> Iterator[Edit]:
    for name, elements in _mapping(data.get("remove", {}), "remove").items():
        for element, saw in _mapping(elements, f"remove.{name}").items():
            yield Edit(f"{name}/{element}", op, at, REMOVED, _saw(saw, f"remove.{name}.{element}"))


def _write(write: Any, path: str) -> tuple[Any, tuple[str, ...]]:
    if not isinstance(write, Mapping) or "v" not in write:
        raise Malformed(path)
    return write["v"], _saw(write.get("saw", []), f"{path}.saw")


def _saw(saw: Any, path: str) -> tuple[str, ...]:
    if not isinstance(saw, list) or not all(isinstance(op, str) for op in saw):
        raise Malformed(path)
    return tuple(saw)


def _mapping(value: Any, path: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Malformed(path)
    return value
