"""What is to be judged, and with what: one `Cause` for each part, concern, delegation and sealed
operation, and for what is written into a child's file that nobody else would look at.

A new part is judged with what it is given with, and so are the later ones of the same child again:
their history has changed. So is all that came before the child was registered, on a file that was a
stub: only now is its age known. All comes in lists, in a number of statements that does not depend on
how many there are.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import DatabaseError
from django.db.models import Q

from backend.accounts import queries as accounts
from backend.children import queries as children
from backend.regions import codes
from backend.regions import queries as regions
from backend.visits import queries as visits
from backend.visits.queries import Row
from fieldforms import suspects, words
from fieldforms.facts import Case, forms
from sync import oplog
from sync.entries import Applied, Entry
from sync.faults import summary

from . import awaited
from .models import Concern
from .scope import WORKERS

logger = logging.getLogger(__name__)
CHINA = ZoneInfo("Asia/Shanghai")
TYPES = frozenset({"visit", "visit_part", "visit_sealed", "concern", "delegation"})
# A year of history, as the phones hold; of it the last dozen visits, which is what facts look at.
WINDOW, BEFORE, AFTER = timedelta(days=365), 13, 60
_FIELD = ("village_supervisor", *WORKERS)
# The register whose value is a danger by itself, whoever writes it: a form, a roster, an office.
_CARER, _NOBODY = "actual_carer", "nobody"
_OF_A_CHILD = "child."
VISIT, REPORT, DELEGATION = "household_visit", "concern_report", "delegation_confirmation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One operation that can lead to findings. `fresh`: it came just now, not an earlier one again.

    `received` is when the news was complete; `alone`: a sealed concern without an open one. `spoken`:
    the texts of an open one, and of its visit, that speak of something; `words_left`: its author has
    answered that they are about another matter than what belongs under seal. `accused`: the level of
    the reporting chain that the sealed part of an open one accuses. `unread`: nothing could be made of its
    words, and a person judges it. `told_by_others`: the age is one that another phone wrote and that is not
    applied; its author is not told of it.
    """

    entry: Entry
    case: Case
    sealed: bool
    fresh: bool
    alone: bool
    division: str
    received: datetime
    spoken: words.Spoken = field(default_factory=dict)
    words_left: bool = False
    accused: str = ""
    unread: bool = False
    told_by_others: bool = False


@dataclass(slots=True)
class Gathered:
    """The records around one batch, by id, and their opened operations by `op`.

    `words_left`: the open records and their authors, who answered so in the sealed part of them.
    """

    parts: dict[UUID, Row] = field(default_factory=dict)
    concerns: dict[UUID, Row] = field(default_factory=dict)
    delegations: dict[UUID, Row] = field(default_factory=dict)
    sealed: dict[UUID, Row] = field(default_factory=dict)
    visits: dict[UUID, Row] = field(default_factory=dict)
    entries: dict[UUID, Entry] = field(default_factory=dict)
    children: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    households: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    areas: Mapping[UUID, Sequence[str]] = field(default_factory=dict)
    timelines: dict[UUID, list[Row]] = field(default_factory=dict)
    words_left: set[tuple[UUID | None, UUID]] = field(default_factory=set)
    # Of children and households that lack something: what waits, by the device that wrote it.
    waiting: dict[UUID, dict[UUID | None, dict[str, Any]]] = field(default_factory=dict)
    accused: dict[tuple[UUID | None, UUID], str] = field(default_factory=dict)


def gather(applied: Sequence[Applied], now: datetime) -> list[Cause]:
    """The causes that a round brings, in the order of their operations' ids."""
    came = {name: _ids(applied, name) for name in TYPES}
    registered = {item.entry.file for item in applied if item.type == "child" and item.created}
    files = [item.entry for item in applied if item.type == "child" and leaves_alone(item.entry)]
    if not (registered or files or any(came.values())):
        return []
    found = Gathered(entries={item.entry.op: item.entry for item in applied if item.type in TYPES})
    found.entries |= {entry.op: entry for entry in files}
    fresh = set(found.entries)
    judged = [*_find(applied, came, registered, found), *map(_row, files)]
    if not judged:
        return []
    look_around(found, judged, now)
    return sorted(
        (cause_or_unread(row, found, fresh, now) for row in judged if row.op in found.entries),
        key=lambda cause: cause.entry.op,
    )


def files_since(since: datetime, *, after: UUID | None, limit: int, within: str = "") -> list[UUID]:
    """The next files, by id, in which something was seen or reported since; `within` a division."""
    found = set(visits.files_since(since, after=after, limit=limit, within=within))
    rows = Concern.objects.filter(observed__gte=since, shard__startswith=within)
    if after is not None:
        rows = rows.filter(file__gt=after)
    found.update(rows.order_by("file").values_list("file", flat=True).distinct()[:limit])
    return sorted(found)[:limit]


def again(files: Collection[UUID], *, since: datetime, now: datetime) -> list[Cause]:
    """Everything seen or reported since in these files, to be judged once more with what is known now."""
    found = Gathered(concerns=_concerns((), files), delegations=_delegations((), files))
    parts = visits.parts((), files=files)
    found.parts = {row.id: row for row in parts if row.observed >= since - WINDOW}
    found.sealed = {row.id: row for row in visits.sealed((), files=files)}
    rows = (
        *found.parts.values(), *found.concerns.values(), *found.delegations.values(),
        *found.sealed.values(),
    )  # fmt: skip
    judged = [row for row in rows if row.observed >= since]
    look_around(found, judged, now)
    return [cause_or_unread(row, found, set(), now) for row in judged if row.op in found.entries]


def _ids(applied: Sequence[Applied], name: str) -> set[UUID]:
    return {item.entry.target for item in applied if item.type == name}


def _find(
    applied: Sequence[Applied], came: Mapping[str, set[UUID]], registered: set[UUID],
    found: Gathered,
) -> list[Row]:  # fmt: skip
    """Fills in the rows; returns those to judge."""
    named = {
        item.columns["of"] for item in applied if item.type == "visit_sealed" and item.columns["of"]
    }
    near = visits.parts(came["visit_part"] | named, visits=came["visit"], files=registered)
    found.concerns = _concerns(came["concern"] | named, registered)
    found.delegations = _delegations(came["delegation"], registered)
    moments = {(row.file, row.observed) for row in (*near, *found.concerns.values())}
    moments |= {(i.entry.file, i.entry.observed) for i in applied if i.type == "visit_sealed"}
    timeline = visits.around(moments, window=WINDOW, before=BEFORE, after=AFTER)
    found.parts = {row.id: row for row in (*timeline, *near)}
    changed = [
        row
        for row in near
        if row.id in came["visit_part"] or row.of in came["visit"] or row.file in registered
    ]
    parts = _affected(changed, found.parts.values())
    concerns = [
        row
        for row in found.concerns.values()
        if row.id in came["concern"] or row.file in registered
    ]
    around = {row.id for row in (*parts, *concerns)}
    found.sealed = {
        row.id: row for row in visits.sealed(came["visit_sealed"], of=around, files=registered)
    }
    return [*parts, *concerns, *found.delegations.values(), *found.sealed.values()]


def leaves_alone(entry: Entry) -> bool:
    """Whether a child's file is told that nobody cares for the child."""
    return answers(entry).get(_CARER) == _NOBODY and entry.kind.startswith(_OF_A_CHILD)


def _row(entry: Entry) -> Row:
    """An edit of a child's file, as something to judge."""
    return Row(
        entry.op, entry.op, entry.file, entry.shard or entry.sent_from, entry.person,
        entry.observed, None,
    )  # fmt: skip


def _affected(changed: Iterable[Row], parts: Iterable[Row]) -> list[Row]:
    """What changed, and everything observed later of the same child: its history is another now."""
    since: dict[UUID, datetime] = {}
    ids = set()
    for row in changed:
        ids.add(row.id)
        since[row.file] = min(row.observed, since.get(row.file, row.observed))
    return [
        row
        for row in parts
        if row.id in ids or (row.file in since and row.observed > since[row.file])
    ]


def _concerns(ids: Collection[UUID], files: Collection[UUID]) -> dict[UUID, Row]:
    rows = Concern.objects.filter(Q(id__in=ids) | Q(file__in=files)).values_list(
        "id", "op", "file", "shard", "reporter", "observed"
    )
    return {row[0]: Row._make((*row, None)) for row in rows}


def _delegations(ids: Collection[UUID], files: Collection[UUID]) -> dict[UUID, Row]:
    return {row[0]: Row._make((*row, None)) for row in children.confirmations(ids, files=files)}


def look_around(found: Gathered, judged: Sequence[Row], now: datetime) -> None:
    """Opens the words of all of these: two statements for operations, four for registers."""
    found.visits = visits.shared({row.of for row in found.parts.values() if row.of})
    rows = (
        *found.parts.values(), *found.concerns.values(), *found.delegations.values(),
        *found.sealed.values(),
    )  # fmt: skip
    wanted = {row.op for row in (*rows, *found.visits.values())} - found.entries.keys()
    found.entries |= {entry.op: entry for entry in oplog.load("op = ANY(%s)", [list(wanted)])}
    found.children = children.shown_children({row.file for row in judged})
    homes = {home for card in found.children.values() if (home := uuid_of(card.get("household")))}
    found.households = children.shown_households(homes)
    _await(found, judged)
    cards = [*found.children.values(), *found.households.values()]
    waiting = [card for own in found.waiting.values() for card in own.values()]
    places = {_division(card) for card in (*cards, *waiting)} | {row.shard for row in judged}
    found.known = {code for code in regions.exists(places) if len(code) >= 6}
    authors = {row.person for row in judged}
    found.areas = accounts.areas(authors, on=now.astimezone(CHINA).date(), roles=_FIELD)
    for row in sorted(found.parts.values(), key=lambda row: (row.observed, row.op), reverse=True):
        found.timelines.setdefault(row.file, []).append(row)
    for row in found.sealed.values():
        if row.op not in found.entries:
            continue
        beside, entry = (row.of, row.person), found.entries[row.op]
        if _leaves_words(entry):
            found.words_left.add(beside)
        levels = (found.accused.get(beside, ""), suspects.skipped(entry.data, sealed=True))
        found.accused[beside] = max(levels, key=("", *suspects.CHAIN).index)


def _await(found: Gathered, judged: Sequence[Row]) -> None:
    """What waits to be registered, where something is lacking: one statement, mostly none; with their
    households two.
    """
    lacking = awaited.lacking({row.file for row in judged}, found.children)
    found.waiting = children.awaited(lacking)
    said = [card for own in found.waiting.values() for card in own.values()]
    homes = {home for card in said if (home := uuid_of(card.get("household")))}
    found.households |= children.shown_households(homes - found.households.keys())
    found.waiting |= children.awaited(homes - found.households.keys())


def cause_or_unread(row: Row, found: Gathered, fresh: set[UUID], now: datetime) -> Cause:
    """Words that nothing can be made of cost neither their own record nor its neighbours."""
    try:
        return cause_of(row, found, fresh, now)
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  whatever it is, a person judges it
        logger.error("operation %s cannot be read for judging (%s)", row.op, summary(error))
        return unread(found.entries[row.op], sealed=row.id in found.sealed, now=now)


def unread(entry: Entry, *, sealed: bool, now: datetime) -> Cause:
    """One of which nothing is known but that it came."""
    case = Case(
        form=VISIT, version="", answers={}, observed=entry.observed.astimezone(CHINA).date()
    )
    return Cause(
        entry=replace(entry, data={}), case=case, sealed=sealed, fresh=True, alone=False,
        division=entry.shard or entry.sent_from, received=now, unread=True,
    )  # fmt: skip


def cause_of(row: Row, found: Gathered, fresh: set[UUID], now: datetime) -> Cause:
    entry = found.entries[row.op]
    sealed = row.id in found.sealed
    given_with = _given_with(row, found) if sealed else row
    opened = _said(given_with, found)
    said = [*opened, *([entry] if sealed else [])]
    given = {name: value for one in said for name, value in answers(one).items()}
    child, household, told_by_others = _cards(row, entry, found, guessed="age_guess" in given)
    is_fresh = row.op in fresh
    return Cause(
        entry=entry,
        case=Case(
            form=_form(entry, given_with, found),
            version=entry.form_version or "",
            answers=given,
            skipped={name for one in said for name in skipped(one)},
            child=child,
            household=household,
            history=_history(row, given_with, found),
            observed=entry.observed.astimezone(CHINA).date(),
        ),
        sealed=sealed,
        fresh=is_fresh,
        alone=sealed and row.of is None and not _is_beside(entry),
        division=_place(row, child, household, found),
        received=entry.received if is_fresh else now,
        spoken={} if sealed else _spoken(opened),
        words_left=_leaves_words(entry) or (row.id, row.person) in found.words_left,
        accused=found.accused.get((row.id, row.person), ""),
        told_by_others=told_by_others,
    )


def _cards(
    row: Row, entry: Entry, found: Gathered, *, guessed: bool
) -> tuple[dict[str, Any], dict[str, Any], bool]:
    """The child's and the household's values with those that wait; whether others wrote its age."""
    child, waiting = found.children.get(row.file, {}), found.waiting.get(row.file, {})
    if waiting:
        child = awaited.completed(child, waiting, entry.device)
    home = uuid_of(child.get("household")) or row.file
    household = found.households.get(home, {})
    if not household and home in found.waiting:
        household = awaited.completed({}, found.waiting[home], entry.device)
    younger = awaited.younger(child, waiting, entry.device, guessed=guessed)
    return younger or child, household, younger is not None


def _given_with(row: Row, found: Gathered) -> Row | None:
    """The part or concern of a sealed operation, if it is here and of the same child."""
    other = row.of and (found.parts.get(row.of) or found.concerns.get(row.of))
    return other if other and other.file == row.file else None


def _said(row: Row | None, found: Gathered) -> list[Entry]:
    """A part's words with the whole visit's before them; what was erased is left out."""
    if row is None:
        return []
    visit = found.visits.get(row.of) if row.of else None
    rows = [visit, row] if visit and _may_use(visit, row, found) else [row]
    return [found.entries[one.op] for one in rows if one.op in found.entries]


def _may_use(visit: Row, part: Row, found: Gathered) -> bool:
    """Her own visit, or one of this child's household: nobody else's words may be drawn in."""
    household = uuid_of(found.children.get(part.file, {}).get("household"))
    return visit.person == part.person or visit.file == household


def _spoken(said: Sequence[Entry]) -> words.Spoken:
    """What the open words of a part and its visit speak of; sealed answers are not among these."""
    together: words.Spoken = {}
    for entry in said:
        for kind, texts in words.spoken(entry.data).items():
            together.setdefault(kind, {}).update(texts)
    return together


def _is_beside(entry: Entry) -> bool:
    """Whether a sealed part says that it belongs to an open one, also where it may not name that."""
    said = entry.said or entry.data
    return any(uuid_of(said.get(name)) for name in ("part", "concern"))


def _leaves_words(entry: Entry) -> bool:
    return answers(entry).get(words.QUESTION) == words.LEAVE


def _history(row: Row, given_with: Row | None, found: Gathered) -> list[dict[str, Any]]:
    """Merged answers of the earlier visits, the latest first."""
    place = (row.observed, row.op)
    earlier = [
        part
        for part in found.timelines.get(row.file, [])
        if (part.observed, part.op) < place
        and part is not given_with
        and row.observed - part.observed <= WINDOW
    ]
    return [
        {name: value for one in _said(part, found) for name, value in answers(one).items()}
        for part in earlier[: BEFORE - 1]
    ]


def answers(entry: Entry) -> Mapping[str, Any]:
    """What a form says, or what an edit of a child's file writes that a form asks too."""
    given = entry.data.get("answers")
    if isinstance(given, dict):
        return given
    writes = entry.data.get("set") if entry.kind.startswith(_OF_A_CHILD) else None
    carer = writes.get(_CARER) if isinstance(writes, dict) else None
    return {_CARER: carer.get("v")} if isinstance(carer, dict) else {}


def skipped(entry: Entry) -> list[str]:
    given = entry.data.get("skipped")
    return [name for name in given if isinstance(name, str)] if isinstance(given, list) else []


def _form(entry: Entry, given_with: Row | None, found: Gathered) -> str:
    """A form that no fact is read from would make everything unknown: then it is the usual one."""
    if entry.form in forms():
        return entry.form
    if given_with and given_with.id in found.parts:
        return VISIT
    return DELEGATION if given_with and given_with.id in found.delegations else REPORT


def _place(
    row: Row, child: Mapping[str, Any], household: Mapping[str, Any], found: Gathered
) -> str:
    """Whose queue it is in. A division that nobody knows would be in nobody's: then her county's.

    She works where the child lives more often than a wrong code is right. A residence in another
    county is not answered for there before that county has taken the file over.
    """
    area = found.areas.get(row.person, [])
    for division in (_division(child), _division(household), row.shard):
        here = division.startswith(row.shard)
        if here and (division in found.known or codes.covers(area, division)):
            return division
    return next((prefix[:6] for prefix in area if len(prefix) >= 6), row.shard)


def _division(card: Mapping[str, Any]) -> str:
    residence = card.get("residence")
    return str(residence.get("division") or "") if isinstance(residence, dict) else ""


def uuid_of(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
