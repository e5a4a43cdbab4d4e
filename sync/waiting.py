"""What waits for a person at the server: envelopes only. `look` opens the contents."""

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import (
    CharField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    UUIDField,
    Value,
)
from django.db.models.functions import Cast, Concat, Substr

from . import due, names, review, unreadable
from .models import DeviceLog, Operation, Review, UnreadableLine, VariantLine
from .registry import registry

OPERATION, LINE, BODY, VARIANT, CLONE = "operation", "line", "body", "variant", "clone"
WHAT = (OPERATION, LINE, BODY, VARIANT, CLONE)
# `open` needs a person; `waiting` ends by itself; `set_aside` has been ended by a person.
STATES = ("open", "waiting", "set_aside")
LINES: Mapping[str, Callable[[], QuerySet[Any]]] = {
    LINE: lambda: UnreadableLine.objects.exclude(code=unreadable.BODY),
    BODY: lambda: UnreadableLine.objects.filter(code=unreadable.BODY),
    VARIANT: lambda: VariantLine.objects.all(),
}
_REVIEWED = ("device.revoked", "person.not_enrolled")
_MARKED = ["forced", "person", "revoked"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Empty means any. What devices among `senders` have sent is included, whatever its shard. `hidden` are kinds that the reader may know of in `unhidden` shards alone."""

    shards: Sequence[str]
    senders: Collection[UUID] = ()
    state: str = "open"
    what: str = ""
    code: str = ""
    device: UUID | None = None
    hidden: Collection[str] = ()
    unhidden: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One row: an operation's envelope, or what is known of a line, a variant or a clone.

    `kind` is `names.UNKNOWN` where this server does not know it: words may stand there.
    `status`, `by` and `at` are the last decision about it and `revision` how many there were.
    """

    id: UUID
    what: str
    shard: str
    device: UUID | None
    received: dt.datetime
    op: UUID | None = None
    person: UUID | None = None
    kind: str = ""
    target: UUID | None = None
    file: UUID | None = None
    group: UUID | None = None
    outcome: str = ""
    code: str = ""
    fields: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)
    attempts: int = 0
    status: str = ""
    by: UUID | None = None
    at: dt.datetime | None = None
    revision: int = 0


def listed(filters: Filters, *, now: dt.datetime, alarm_after: dt.timedelta) -> QuerySet[Any, Any]:
    """`(key, what, received)`, the oldest first; for `items`."""
    sources = _sources(filters, due.patience(now, alarm_after))
    # Lines and clones wait for nothing but a person, and have no code to choose by.
    elsewhere = filters.state == "waiting" or filters.code
    wanted = [what for what in WHAT if filters.what in ("", what)]
    first, *others = (
        (sources[what].none() if elsewhere and what != OPERATION else sources[what])
        .annotate(what=Value(what, output_field=CharField()))
        .order_by()
        .values_list("key", "what", "since", named=True)
        for what in wanted
    )
    union: QuerySet[Any, Any] = first.union(*others, all=True).order_by("since", "key", "what")
    return union


def lying(
    *, since_before: dt.datetime, now: dt.datetime, alarm_after: dt.timedelta
) -> set[tuple[str, str]]:
    """`(shard, kind)` of everything that has needed a person since before then; kind "" is no operation."""
    found: set[tuple[str, str]] = set()
    for what, rows in _sources(Filters(shards=[""]), due.patience(now, alarm_after)).items():
        old = rows.filter(since__lt=since_before).order_by()
        if what == OPERATION:
            found |= set(old.values_list("shard", "kind").distinct())
        else:
            found |= {(shard or "", "") for shard in old.values_list("shard", flat=True).distinct()}
    return found


def _sources(filters: Filters, patience: due.Patience) -> Mapping[str, QuerySet[Any]]:
    return {
        OPERATION: _operations(filters, patience),
        **{what: _lines(rows(), filters) for what, rows in LINES.items()},
        CLONE: _clones(filters),
    }


def _operations(filters: Filters, patience: due.Patience) -> QuerySet[Operation]:
    found = Operation.objects.filter(_sought(filters), _STATE[filters.state](patience))
    if filters.hidden:
        found = found.filter(~Q(kind__in=[*filters.hidden]) | _within(filters.unhidden))
    if filters.code:
        found = found.filter(code=filters.code)
    if filters.device:
        found = found.filter(device=filters.device)
    return found.annotate(key=F("op"), since=F("received"))


def _open(patience: due.Patience) -> Q:
    failing = Q(outcome="held", code="server.retry") | Q(outcome="received")
    return (
        # What the office itself was refused it was told at once.
        (Q(outcome="quarantined") & ~Q(code=review.CODE) & Q(device__isnull=False))
        | Q(outcome="held", code__in=_REVIEWED)
        | (failing & _too_long(patience))
        | (Q(outcome="applied", flags__overlap=_MARKED) & ~Q(flags__contains=["reviewed"]))
    )


def _too_long(patience: due.Patience) -> Q:
    soon = Q(kind__in=registry.urgent_kinds, received__lt=patience.soon)
    return soon | Q(received__lt=patience.before)


def _waiting(patience: due.Patience) -> Q:
    failing = Q(code="server.retry") & ~_too_long(patience)
    return Q(outcome="held") & (Q(code__in=["target.unknown", "group.incomplete"]) | failing)


def _set_aside(patience: due.Patience) -> Q:
    return Q(outcome="quarantined", code=review.CODE)


_STATE = {"open": _open, "waiting": _waiting, "set_aside": _set_aside}


def _lines(rows: QuerySet[Any], filters: Filters) -> QuerySet[Any]:
    found = keyed(rows).filter(_sought(filters))
    if filters.device:
        found = found.filter(device=filters.device)
    ended = Exists(Review.objects.filter(id=OuterRef("key"), status="set_aside"))
    return found.filter(ended) if filters.state == "set_aside" else found.exclude(ended)


def keyed(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Lines with `salvage.line_id` for a `key`, and their device's shard."""
    digits = Func(F("hash"), Value("hex"), function="encode", output_field=TextField())
    # The digit that says how an id is laid out.
    layout = Func(
        Substr(digits, 17, 1), Value("cdef"), Value("89ab"), function="translate",
        output_field=TextField(),
    )  # fmt: skip
    id_ = Concat(Substr(digits, 1, 16), layout, Substr(digits, 18, 15), output_field=TextField())
    log = DeviceLog.objects.filter(device=OuterRef("device"))
    found: QuerySet[Any] = rows.annotate(
        key=Cast(id_, UUIDField()), since=F("received"),
        shard=Subquery(log.values("shard")),
    )  # fmt: skip
    return found


def _clones(filters: Filters) -> QuerySet[DeviceLog]:
    """A clone that is noticed again after the matter was ended is open again."""
    ended = Exists(
        Review.objects.filter(
            id=OuterRef("device"), status="set_aside", at__gte=OuterRef("cloned_at")
        )
    )
    found = DeviceLog.objects.filter(_sought(filters), cloned_at__isnull=False)
    if filters.device:
        found = found.filter(device=filters.device)
    found = found.filter(ended) if filters.state == "set_aside" else found.exclude(ended)
    return found.annotate(key=F("device"), since=F("cloned_at"))


def _sought(filters: Filters) -> Q:
    return _within(filters.shards) | Q(device__in=filters.senders)


def _within(prefixes: Iterable[str]) -> Q:
    return reduce(or_, (Q(shard__startswith=prefix) for prefix in prefixes), Q(pk__in=[]))


def items(found: Iterable[tuple[UUID, str, Any]]) -> list[Item]:
    """Their envelopes, in the same order, in a fixed number of statements."""
    wanted: dict[str, list[UUID]] = {}
    order = [(key, what) for key, what, _ in found]
    for key, what in order:
        wanted.setdefault(what, []).append(key)
    known: dict[tuple[UUID, str], dict[str, Any]] = {}
    for what, keys in wanted.items():
        known |= {(row["id"], what): row for row in _rows(what, keys)}
    reviews = Review.objects.in_bulk({key for key, _ in order})
    return [
        Item(what=what, **known[key, what], **_last(reviews.get(key)))
        for key, what in order
        if (key, what) in known
    ]


def kinds(ops: Iterable[UUID]) -> dict[UUID, str]:
    """What kind each operation is of; one statement."""
    rows = Operation.objects.filter(op__in=list(ops))
    return dict(rows.values_list("op", "kind"))


def one(key: UUID) -> Item | None:
    """Whatever has this id."""
    for what in WHAT:
        if found := items([(key, what, None)]):
            return found[0]
    return None


def _last(decided: Review | None) -> dict[str, Any]:
    if decided is None:
        return {}
    return {
        "status": decided.status, "by": decided.by, "at": decided.at, "revision": decided.revision,
    }  # fmt: skip


_ENVELOPE = (
    "op", "shard", "device", "received", "person", "kind", "target", "file", "group", "outcome",
    "code", "fields", "flags", "attempts",
)  # fmt: skip


def _rows(what: str, keys: Sequence[UUID]) -> list[dict[str, Any]]:
    if what == OPERATION:
        rows = Operation.objects.filter(op__in=keys).values(*_ENVELOPE)
        return [
            {**row, "id": row["op"], "code": row["code"] or "", "kind": names.shown(row["kind"])}
            for row in rows
        ]
    if what == CLONE:
        logs = DeviceLog.objects.filter(device__in=keys, cloned_at__isnull=False)
        found = logs.values("device", "shard", received=F("cloned_at"))
        return [{**row, "id": row["device"], "code": "device.cloned"} for row in found]
    lines = keyed(LINES[what]()).filter(key__in=keys)
    if what == VARIANT:
        kept = lines.values("op", "shard", "device", "received", id=F("key"))
        return [{**row, "code": "op.taken", "outcome": "quarantined"} for row in kept]
    kept = lines.values("code", "shard", "device", "received", id=F("key"))
    return [{**row, "outcome": "quarantined"} for row in kept]
