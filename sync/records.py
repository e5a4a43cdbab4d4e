"""Records as a device gets them, in a fixed number of statements for each type."""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count

from . import oplog
from .ports import ports
from .protocol import messages
from .registry import Policy, RecordType, registry

# Keyword arguments of a queryset's filter.
Wanted = dict[str, Any]


def of_files(
    files: Sequence[UUID], *, since: dt.datetime | None = None, before: dt.datetime | None = None
) -> dict[str, Wanted]:
    """The filter of each type for the records of files: from the horizon on, or what lies before it."""
    wanted: dict[str, Wanted] = {}
    for name, record_type in registry.types.items():
        if not record_type.leaves_the_server or not files:
            continue
        if record_type.dated is None:
            if before is None:
                wanted[name] = {"file__in": files}
        elif before is not None:
            wanted[name] = {"file__in": files, f"{record_type.dated}__lt": before}
        else:
            wanted[name] = {"file__in": files, f"{record_type.dated}__gte": since}
    return wanted


def with_older(
    entries: list[dict[str, Any]], files: Sequence[UUID], horizon: dt.datetime
) -> list[dict[str, Any]]:
    """Adds `[type, id, rev]` of the records left out: the digest counts them, and they can be asked for."""
    by_file = {entry["file"]: entry for entry in entries}
    for name, wanted in of_files(files, before=horizon).items():
        rows = registry.types[name].model.objects.filter(**wanted).order_by("feed")
        for record, file, rev in rows.values_list("id", "file", "feed"):
            by_file[str(file)].setdefault("older", []).append([name, str(record), rev])
    return entries


def counts(files: Sequence[UUID], since: dt.datetime) -> dict[UUID, int]:
    """How many records of each file would enter; one statement."""
    parts = [
        registry.types[name].model.objects.filter(**wanted).order_by().values_list("file")
        .annotate(n=Count("id"))
        for name, wanted in of_files(files, since=since).items()
    ]  # fmt: skip
    totals: Counter[UUID] = Counter()
    for file, n in parts[0].union(*parts[1:], all=True) if parts else ():
        totals[file] += n
    return totals


def render(wanted: Mapping[str, Wanted]) -> list[dict[str, Any]]:
    """Records in wire form; a fixed number of statements for each type."""
    result: list[dict[str, Any]] = []
    for name, filters in wanted.items():
        record_type = registry.types[name]
        if not record_type.leaves_the_server or record_type.render is None:
            continue
        rows = list(record_type.model.objects.filter(**filters).order_by("feed"))
        opened = _open(record_type, rows)
        rows = [row for row in rows if record_type.policy is Policy.SERIALISED or row.id in opened]
        for row, body in zip(rows, record_type.render(rows, opened), strict=True):
            result.append(
                {"type": name, "id": str(row.id), "file": str(row.file), "rev": row.feed, **body}
            )
    return result


def _open(record_type: RecordType, rows: Sequence[Any]) -> dict[UUID, Any]:
    """Each record's state or its operation's data; records of erased files are left out."""
    if record_type.policy is Policy.APPEND:
        data = oplog.contents(row.op for row in rows)
        return {row.id: data[row.op] for row in rows if row.op in data}
    if record_type.policy is Policy.SERIALISED or not rows:
        return {}
    ciphers = ports().keys({row.file for row in rows})
    return {
        row.id: messages.parse(ciphers[row.file].open(row.state))
        for row in rows
        if row.file in ciphers
    }


def by_file(files: Sequence[UUID], records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One entry a file, atomic for the phone: all of it or nothing."""
    entries: dict[str, list[dict[str, Any]]] = {str(file): [] for file in files}
    for record in records:
        entries[record["file"]].append(record)
    return [{"file": file, "records": own} for file, own in entries.items()]
