"""From an entry to columns that PostgreSQL can hold: what somebody wrote down never stops its record.

Pure, so that a rebuild comes to the same columns. The line stays as it came; whoever opens it finds all.
"""

import datetime as dt
import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Field, IntegerField

from . import faults, names
from .entries import Entry
from .merge import registers
from .protocol import mending
from .registry import Columns, Problem, RecordType

logger = logging.getLogger(__name__)
# A member of the data, or of an object in it: its path, its value.
Member = tuple[tuple[str, ...], Any]
# Those that are a year in every zone.
_YEARS = range(2, 9999)
# What one record's projection is tried with before the rest of its members is given up.
TRIES = 200
UNUSABLE = Problem(
    "data",
    "contents.unusable",
    "有些内容无法使用（如控制字符、过大的数字），其余已登记，原文已完整保存。",
    "Some of the contents cannot be used, such as control characters or numbers too large. The rest is"
    " on record, and all of it is kept as it came.",
)


def project(record_type: RecordType, entry: Entry) -> tuple[Columns, bool]:
    """The columns of a record, and whether everything could be used.

    A projection that fails is given less: what it can use of the members, one by one if need be. Whoever
    fails on the server's own words, or on none at all, is broken, and that is raised.
    """
    assert record_type.project
    try:
        return storable(record_type, record_type.project(entry))
    except Exception as error:
        if record_type.server_only:
            raise
        logger.error(
            "operation %s: a %s cannot be made of all of it (%s)",
            entry.op, record_type.name, faults.summary(error),
        )  # fmt: skip
    projected = record_type.project
    data = _usable(entry.data, lambda less: projected(replace(entry, data=less)))
    return storable(record_type, projected(replace(entry, data=data)))[0], False


def folded(record_type: RecordType, state: registers.State, shard: str) -> tuple[Columns, bool]:
    """The columns of a register record, `conflicts` among them, from what its operations came to."""
    values = registers.values(state, record_type.specs)
    columns, whole = _of_values(record_type, values, shard)
    conflicts, told = storable(record_type, {"conflicts": registers.conflicts(state)})
    return {**columns, **conflicts}, whole and told


def _of_values(
    record_type: RecordType, values: Mapping[str, Any], shard: str
) -> tuple[Columns, bool]:
    assert record_type.project_values
    projected = record_type.project_values
    try:
        return storable(record_type, projected(values, shard))
    except Exception as error:  # noqa: BLE001  whatever it is, the record must be made
        logger.error(
            "a %s cannot be made of all its values (%s)", record_type.name, faults.summary(error)
        )
    less = _usable(values, lambda less: projected(less, shard))
    return storable(record_type, projected(less, shard))[0], False


def storable(record_type: RecordType, columns: Columns) -> tuple[Columns, bool]:
    """Without NUL, halves of surrogates, and numbers beyond their column; whether nothing was left out.

    Where phones write, texts are codes: words are left out, because columns stand in clear.
    """
    fields = record_type.model._meta
    stored = {name: _held(fields.get_field(name), value) for name, value in columns.items()}
    if record_type.judged:
        stored = {name: coded(fields.get_field(name), value) for name, value in stored.items()}
    return stored, stored == columns


def coded(field: "Field[Any, Any]", value: Any) -> Any:
    """The value of a column without text that is no code: the default in its place, nothing in a list."""
    if isinstance(value, str):
        return value if names.is_code(value) else field.get_default() or ""
    if isinstance(value, list | tuple):
        return type(value)(one for one in value if not isinstance(one, str) or names.is_code(one))
    return value


def _held(field: "Field[Any, Any]", value: Any) -> Any:
    if isinstance(value, str):
        return mending.stored(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dt.datetime) and value.year not in _YEARS:
        return value.replace(year=min(max(value.year, _YEARS[0]), _YEARS[-1]), day=1)
    if isinstance(value, int) and isinstance(field, IntegerField):
        low, high = connection.ops.integer_field_range(field.get_internal_type())
        fits = (low is None or low <= value) and (high is None or value <= high)
        return value if fits else _nothing(field)
    if isinstance(value, Mapping):
        return {_held(field, name): _held(field, one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        inner = field.base_field if isinstance(field, ArrayField) else field
        return type(value)(_held(inner, one) for one in value)
    return value


def _nothing(field: "Field[Any, Any]") -> Any:
    return None if field.null else field.get_default() or 0


def _usable(data: Mapping[str, Any], make: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """As many of the members as `make` takes together, in their order."""
    kept: list[Member] = []
    waiting = [list(_members(data))]
    for _ in range(TRIES):
        if not waiting:
            break
        part = waiting.pop()
        if _takes(make, [*kept, *part]):
            kept += part
        elif len(part) > 1:
            middle = len(part) // 2
            waiting += [part[middle:], part[:middle]]
    return _built(kept)


def _members(data: Mapping[str, Any]) -> Iterator[Member]:
    for name, value in data.items():
        if isinstance(value, Mapping) and value:
            yield from (((name, inner), one) for inner, one in value.items())
        else:
            yield (name,), value


def _built(members: Sequence[Member]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for (name, *inner), value in members:
        if inner:
            data.setdefault(name, {})[inner[0]] = value
        else:
            data[name] = value
    return data


def _takes(make: Callable[[dict[str, Any]], object], members: Sequence[Member]) -> bool:
    try:
        make(_built(members))
    except Exception:  # noqa: BLE001  told by the first try
        return False
    return True
