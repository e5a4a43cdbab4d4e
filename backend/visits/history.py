"""What was seen of one child: the visits, opened."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts import queries as accounts
from backend.audit import services as audit
from backend.caseload import queries as caseload
from backend.children.queries import shown_households
from backend.regions import codes
from fieldforms import sealing
from sync import oplog
from sync.entries import Entry
from sync.shown import Clock, clock
from sync.uploads import queries as attachments

from . import places, queries, signs
from .models import Visit, VisitPart
from .places import Place

LAST = 5
# What she writes of a child in her own words, apart from what the child said.
OWN_WORDS = ("facts_observed", "opinion")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One visit without its words. `mode` is empty as long as the shared part has not come."""

    id: UUID
    visit: UUID | None
    observed: datetime
    person: UUID
    name: str
    mode: str
    child_seen: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One visit with its words. `problems` are the answers that could not be used.

    `photos` counts what was photographed ("2 of 3 pending"), `attachments` are all copies of it.
    """

    op: UUID
    summary: Summary
    received: datetime | None
    clock: Clock | None
    form_version: str
    # It accuses somebody at or above the reader's table: its words are for those above.
    withheld: bool
    answers: dict[str, Any]
    shared: dict[str, Any]
    skipped: list[str]
    problems: list[dict[str, Any]]
    photos: attachments.Count
    attachments: list[attachments.Card]
    # Codes of `visit_sign`; none where the words are withheld, nor for whoever does not oversee it.
    signs: list[str]


def detail(*, viewer: UUID, child: UUID, now: datetime) -> dict[str, Any]:
    """The file of the caseload, and the last visits for those who may read them. Raises `NotFound`."""
    file = caseload.file(viewer=viewer, child=child, now=now)
    found = {field.name: getattr(file, field.name) for field in fields(file)}
    if file.case:
        count, summaries = last(child)
        found["visits"] = {"count": count, "last": summaries}
    return found


def parts(child: UUID) -> QuerySet[VisitPart]:
    """Every visit to a child, the last one first."""
    return VisitPart.objects.filter(file=child).order_by("-observed", "id")


def last(child: UUID) -> tuple[int, list[Summary]]:
    """How many visits there were, and the last few."""
    rows = list(parts(child)[:LAST])
    return parts(child).count(), _summaries(rows, _visits(rows))


def last_learned(child: UUID, *, viewer: UUID, now: datetime) -> UUID | None:
    """The last visit that was not merely attempted, unless its words are not for this reader."""
    rows = list(parts(child)[:LAST])
    visits = _visits(rows)
    met = [row for row in rows if row.id not in visits or visits[row.id].mode != "attempted"]
    return met[0].id if met and met[0].id not in _hidden(met[:1], viewer, now) else None


def opened(
    rows: Sequence[VisitPart],
    *,
    viewer: UUID,
    child: UUID,
    county: str,
    now: datetime,
    oversees: bool = False,
) -> list[Opened]:
    """A page of visits with their answers, in a fixed number of statements; audited.

    The answers of the sealed group are operations of their own and are not among these, nor is what was
    photographed for them. Signs are for those who oversee the visits, never for whoever makes them.
    """
    compared = [*_earlier(rows), *queries.elsewhere(rows)] if oversees else []
    visits, entries = _contents([*rows, *compared])
    problems = {told.op: told.problems for told in oplog.outcomes([row.op for row in rows])}
    photos = attachments.of_operations(
        [op for row in rows for op in (row.op, *([visits[row.id].op] if row.id in visits else []))]
    )
    hidden = _hidden(rows, viewer, now)
    borne = _signs(rows, compared, visits, entries) if oversees else {}
    audit.record(
        actor=viewer, action="child.visits", subject=child, subject_type="child", county=county, now=now,
        detail={"visits": [str(row.id) for row in rows]},
    )  # fmt: skip
    found = []
    for row, summary in zip(rows, _summaries(rows, visits), strict=True):
        entry, visit = entries.get(row.op), visits.get(row.id)
        shared = entries.get(visit.op) if visit else None
        cards = [*photos.get(row.op, []), *(photos.get(visit.op, []) if visit else [])]
        found.append(
            Opened(
                op=row.op,
                summary=summary,
                received=entry.received if entry else None,
                clock=clock(entry) if entry else None,
                form_version=(entry.form_version or "") if entry else "",
                withheld=row.id in hidden,
                answers=_answers(entry.data) if entry and row.id not in hidden else {},
                shared=_answers(shared.data) if shared and row.id not in hidden else {},
                skipped=row.skipped,
                problems=problems.get(row.op) or [],
                photos=attachments.count(cards),
                attachments=cards,
                signs=[] if row.id in hidden else borne.get(row.id, []),
            )
        )
    return found


def signs_of(
    children: Any, *, since: datetime, most: int, viewer: UUID, now: datetime
) -> list[tuple[VisitPart, list[str]]]:
    """The last `most` visits to these children since then, the latest first, each with its signs.

    `children` are ids or a query of them. Of what is withheld from the reader there is nothing.
    """
    # Signs look back at earlier visits: as far again as what is listed.
    horizon = since - (now - since)
    rows = list(
        VisitPart.objects.filter(file__in=children, observed__gte=horizon).order_by(
            "-observed", "id"
        )[: 2 * most]
    )
    listed = [row for row in rows if row.observed >= since][:most]
    borne = _signs(listed, rows[len(listed) :], *_contents(rows))
    hidden = _hidden(listed, viewer, now)
    return [(row, borne[row.id]) for row in listed if row.id not in hidden]


def _contents(rows: Sequence[VisitPart]) -> tuple[dict[UUID, Visit], dict[UUID, Entry]]:
    """The shared part of each by the part's id, and what all of them say by operation; two statements."""
    visits = _visits(rows)
    ops = [*(row.op for row in rows), *(visit.op for visit in visits.values())]
    return visits, {entry.op: entry for entry in oplog.load("op = ANY(%s)", [ops])}


def _signs(
    rows: Sequence[VisitPart], compared: Sequence[VisitPart], visits: Mapping[UUID, Visit],
    entries: Mapping[UUID, Entry],
) -> dict[UUID, list[str]]:  # fmt: skip
    """The signs of each of `rows`, beside the `compared`; of one child the latest visit comes first."""
    every = [*rows, *compared]
    homes = _residences(rows, visits, entries)
    seen = {row.id: _seen(row, visits.get(row.id), entries, homes) for row in every}
    by_file, by_person = defaultdict(list), defaultdict(list)
    for row in every:
        by_file[row.file].append(row.id)
        by_person[row.person].append(row)
    return {
        row.id: signs.of(
            seen[row.id],
            before=[seen[id_] for id_ in by_file[row.file][by_file[row.file].index(row.id) + 1 :]],
            elsewhere=[seen[one.id] for one in by_person[row.person] if one.file != row.file],
        )
        for row in rows
    }


def _residences(
    rows: Iterable[VisitPart], visits: Mapping[UUID, Visit], entries: Mapping[UUID, Entry]
) -> dict[UUID, Place]:
    """Where the households' registers say that the homes are, of those whose visits say where they were."""
    made = (visits[row.id] for row in rows if row.id in visits)
    asked = {
        visit.file for visit in made if visit.op in entries and "place" in entries[visit.op].data
    }
    cards = shown_households(asked) if asked else {}
    # Whoever wrote the coordinates of a home may not have said how exact they are.
    found = {id_: places.read(card.get("residence"), accuracy_m=0) for id_, card in cards.items()}
    return {id_: place for id_, place in found.items() if place}


def _earlier(rows: Sequence[VisitPart]) -> list[VisitPart]:
    """The visits before a page's last one that signs look back at."""
    if not rows:
        return []
    last = rows[-1]
    before = parts(last.file).filter(observed__lt=last.observed)
    return list(before[: signs.NOT_ALONE])


def _seen(
    row: VisitPart, visit: Visit | None, entries: Mapping[UUID, Entry], homes: Mapping[UUID, Place]
) -> signs.Seen:
    entry, shared = entries.get(row.op), entries.get(visit.op) if visit else None
    answers = _answers(entry.data) if entry else {}
    told = clock(entry) if entry else None
    told_once = shared.data if shared else {}
    return signs.Seen(
        observed=row.observed,
        received=entry.received if entry else row.observed,
        mode=visit.mode if visit else "",
        home=visit.file if visit else None,
        child_seen=row.child_seen,
        alone={"yes": True, "no": False}.get(str(answers.get("child_seen_alone"))),
        started=_moment(told_once.get("started")),
        ended=_moment(told_once.get("ended")),
        words=tuple(said for name in OWN_WORDS if isinstance(said := answers.get(name), str)),
        clock_off=bool(told and told.off),
        place=places.read(told_once.get("place")),
        residence=homes.get(visit.file) if visit else None,
    )


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _hidden(rows: Iterable[VisitPart], viewer: UUID, now: datetime) -> set[UUID]:
    accusing = [row for row in rows if row.skips]
    if not accusing:
        return set()
    grants = accounts.grants([viewer], on=timezone.localdate(now))[viewer]
    prefixes = {prefix for _, own in grants for prefix in own}
    return {row.id for row in accusing if not codes.wider(prefixes, row.skips)}


def _answers(data: Mapping[str, Any]) -> dict[str, Any]:
    return sealing.split(data.get("answers"))[0]


def _visits(rows: Collection[VisitPart]) -> dict[UUID, Visit]:
    """The shared part of each, by the part's id. Only her own: a part names any id it likes."""
    named = Visit.objects.in_bulk({row.visit for row in rows if row.visit})
    pairs = ((row, named.get(row.visit)) for row in rows if row.visit)
    return {row.id: visit for row, visit in pairs if visit and visit.person == row.person}


def _summaries(rows: Sequence[VisitPart], visits: Mapping[UUID, Visit]) -> list[Summary]:
    names = accounts.names({row.person for row in rows})
    return [
        Summary(
            id=row.id, visit=row.visit, observed=row.observed, person=row.person,
            name=names.get(row.person, ""), child_seen=row.child_seen,
            mode=visits[row.id].mode if row.id in visits else "",
        )
        for row in rows
    ]  # fmt: skip
