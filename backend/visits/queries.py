"""Reads of visits."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from sync import review
from sync.entries import Applied

from . import signs
from .models import Visit, VisitPart, VisitSealed


class Row(NamedTuple):
    """Where a record's words are and what it belongs to: `of` is a part's visit, or what a sealed
    operation was given with.
    """

    id: UUID
    op: UUID
    file: UUID
    shard: str
    person: UUID
    observed: datetime
    of: UUID | None


def visited(applied: Sequence[Applied]) -> set[UUID]:
    """The children whom a new visit, a new shared part of an earlier one, or the approval of either
    tells something of.
    """
    children = {item.entry.file for item in applied if item.type == "visit_part"}
    shared = {item.entry.target for item in applied if item.type == "visit"}
    approved = [item.entry.target for item in applied if item.entry.kind == review.APPROVE]
    if approved:
        children |= set(VisitPart.objects.filter(op__in=approved).values_list("file", flat=True))
        shared |= set(Visit.objects.filter(op__in=approved).values_list("id", flat=True))
    if shared:
        children |= set(VisitPart.objects.filter(visit__in=shared).values_list("file", flat=True))
    return children


def last_seen(children: Collection[UUID]) -> dict[UUID, datetime]:
    """When each child was last seen by a visitor; who was not is left out.

    An attempted visit does not count, nor one that does not say that the child was seen: until
    somebody says so, the child stays due. What a revoked phone says counts once a person has approved
    it: whoever holds that phone must not be able to put off the next visit.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.file, max(p.observed) FROM visits_visitpart p"
            " JOIN sync_operation o ON o.op = p.op"
            " LEFT JOIN visits_visit v ON v.id = p.visit AND v.person = p.person"
            " WHERE p.file = ANY(%s) AND p.child_seen AND coalesce(v.mode, '') <> 'attempted'"
            f" AND NOT {review.DOUBTED}"
            " GROUP BY p.file",
            [list(children)],
        )
        return dict(cursor.fetchall())


def parts(
    ids: Collection[UUID], *, visits: Collection[UUID] = (), files: Collection[UUID] = ()
) -> list[Row]:
    """The parts with these ids, and all of the visits and of the files; one statement."""
    rows = VisitPart.objects.filter(Q(id__in=ids) | Q(visit__in=visits) | Q(file__in=files))
    return [Row(*row) for row in rows.values_list(*_COLUMNS, "visit")]


def around(
    moments: Collection[tuple[UUID, datetime]], *, window: timedelta, before: int, after: int
) -> list[Row]:
    """The parts of a child near a moment: the last `before` of them up to it and the next `after`.

    `moments` are (child, time); nothing further away than `window`. One statement for all.
    """
    files = [file for file, _ in moments]
    times = [time for _, time in moments]
    params: list[Any] = [files, times, window, before, window, after]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT p.* FROM unnest(%s::uuid[], %s::timestamptz[]) AS m(file, at)"
            f" CROSS JOIN LATERAL ((SELECT {_AS_ROW} FROM visits_visitpart v"
            "   WHERE v.file = m.file AND v.observed <= m.at AND v.observed >= m.at - %s"
            "   ORDER BY v.observed DESC LIMIT %s)"
            f" UNION ALL (SELECT {_AS_ROW} FROM visits_visitpart v"
            "   WHERE v.file = m.file AND v.observed > m.at AND v.observed <= m.at + %s"
            "   ORDER BY v.observed LIMIT %s)) p",
            params,
        )
        return [Row(*row) for row in cursor.fetchall()]


def elsewhere(parts: Collection[VisitPart]) -> list[VisitPart]:
    """What the same people saw of other children shortly before each part; one statement.

    For each the last few only, so that of a busy supervisor's month not everything is opened.
    """
    given = zip(*((part.file, part.person, part.observed) for part in parts), strict=True)
    files, people, times = map(list, given) if parts else ([], [], [])
    return list(
        VisitPart.objects.raw(
            "SELECT DISTINCT p.* FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS m(file, person, at)"
            " CROSS JOIN LATERAL (SELECT v.* FROM visits_visitpart v"
            "   WHERE v.person = m.person AND v.file <> m.file"
            "   AND v.observed <= m.at AND v.observed >= m.at - %s"
            "   ORDER BY v.observed DESC, v.id LIMIT %s) p",
            [files, people, times, signs.LATELY, signs.LATELY_MOST],
        )
    )


def shared(ids: Collection[UUID]) -> dict[UUID, Row]:
    """The whole visits by id; `of` is nothing."""
    rows = Visit.objects.filter(id__in=ids).values_list(*_COLUMNS)
    return {row[0]: Row._make((*row, None)) for row in rows}


def sealed(
    ids: Collection[UUID], *, of: Collection[UUID] = (), files: Collection[UUID] = ()
) -> list[Row]:
    """Sealed operations with these ids, and all that were given with one of `of`."""
    rows = VisitSealed.objects.filter(Q(id__in=ids) | Q(of__in=of) | Q(file__in=files))
    return [Row(*row) for row in rows.values_list(*_COLUMNS, "of")]


def sealed_beside(parts: Iterable[UUID]) -> list[tuple[UUID, UUID, str]]:
    """What was sealed with these parts: operation, part, and the level that it accuses; one statement."""
    rows = VisitSealed.objects.filter(of__in=list(parts))
    return [(op, of, skips) for op, of, skips in rows.values_list("op", "of", "skips") if of]


def accusing_visits(visits: Iterable[Visit]) -> set[UUID]:
    """Those with a part, by the same person, that accuses somebody in the reporting chain; one statement."""
    by = {visit.id: visit.person for visit in visits}
    parts = VisitPart.objects.filter(visit__in=by).exclude(skips="")
    named = parts.values_list("visit", "person")
    return {visit for visit, person in named if visit and by[visit] == person}


def accused_beside(visits: Collection[UUID]) -> set[UUID]:
    """Those with a part, or sealed answers to one, that accuse somebody in the reporting chain, whoever
    wrote it; two statements."""
    parts = dict(VisitPart.objects.filter(visit__in=visits).values_list("id", "visit"))
    said = VisitPart.objects.filter(id__in=parts).exclude(skips="").values_list("id", flat=True)
    told = VisitSealed.objects.filter(of__in=parts).exclude(skips="").values_list("of", flat=True)
    return {visit for part in (*said, *told) if part and (visit := parts[part])}


def accusing(level: str) -> Q:
    """Whether a row's operation (`op` in `file`) is a part or sealed answers that accuse at a level."""
    own = {"file": OuterRef("file"), "op": OuterRef("op"), "skips": level}
    return Q(Exists(VisitPart.objects.filter(**own))) | Q(Exists(VisitSealed.objects.filter(**own)))


_COLUMNS: Any = ("id", "op", "file", "shard", "person", "observed")
_AS_ROW = "v.id, v.op, v.file, v.shard, v.person, v.observed, v.visit"


def count_since(since: datetime, *, within: str = "") -> int:
    """In how many files a visit was recorded since."""
    rows = VisitPart.objects.filter(observed__gte=since, shard__startswith=within)
    return rows.values("file").distinct().count()


def files_since(since: datetime, *, after: UUID | None, limit: int, within: str = "") -> list[UUID]:
    """The next files, by id, in which something was seen since; `within` a division; two statements."""
    found: set[UUID] = set()
    for model in (VisitPart, VisitSealed):
        rows = model.objects.filter(observed__gte=since, shard__startswith=within)
        if after is not None:
            rows = rows.filter(file__gt=after)
        found.update(rows.order_by("file").values_list("file", flat=True).distinct()[:limit])
    return sorted(found)[:limit]
