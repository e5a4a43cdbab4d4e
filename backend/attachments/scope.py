"""Who may see which attachments. Sealed ones: those alone who may open what is sealed."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from backend.caseload import queries as caseload
from backend.children import queries as children
from backend.concerns import queries as concerns
from backend.guardianship import queries as cases
from backend.regions import codes
from backend.visits import queries as visits
from fieldforms import suspects
from sync import oplog
from sync.models import Attachment, File
from sync.uploads import queries as uploads

_COUNTY = "county"


def readable(viewer: UUID, *, now: datetime) -> QuerySet[Attachment]:
    """Whose contents she may see: as with what was seen on a visit, and what is sealed if she opens that."""
    case = caseload.case_of(viewer, now=now)
    seen = _of(case, sealed=False) | _sealed(viewer, now)
    files = list(opened(viewer, now=now))
    return uploads.everything().filter(seen | _opened(case, files) if files else seen)


def opened(viewer: UUID, *, now: datetime) -> dict[UUID, UUID]:
    """The files whose sealed photographs two people have opened to her now, by whose confirmation each:
    the child's own and the household's, where a visit's common part lies."""
    found = cases.opened_whole(viewer=viewer, now=now)
    homes = children.households_of(list(found)) if found else {}
    return {home: found[child] for child, home in homes.items()} | found


def known(viewer: UUID, *, now: datetime) -> QuerySet[Attachment]:
    """Of which she may know that there are such: an administrator has to ask for a phone's photographs."""
    files = caseload.named_to(viewer, now=now)
    return uploads.everything().filter(_of(files, sealed=False) | _sealed(viewer, now))


def closable(viewer: UUID, *, now: datetime) -> QuerySet[Attachment]:
    """Which she may close as lost: nobody her own evidence."""
    files = caseload.office_of(viewer, now=now)
    return uploads.everything().filter(_of(files, sealed=False) | _sealed(viewer, now))


def whole(viewer: UUID, *, now: datetime) -> QuerySet[Attachment]:
    """Whose original and camera's notes (place, time, device) she may see: the county's."""
    county = caseload.counties_of(viewer, now=now)
    files = caseload.Reached(children.everybody().filter(children.lives_in(county)), county)
    return uploads.everything().filter(_of(files, sealed=False) | _sealed(viewer, now))


def _sealed(viewer: UUID, now: datetime) -> Q:
    """What accuses somebody in the county is for those who reach wider, as its words are."""
    named = concerns.reach(viewer, on=timezone.localdate(now)).sealed
    accused = visits.accusing(_COUNTY) | concerns.accusing(_COUNTY)
    return _named(named) & ~accused | _named(codes.wider(named, _COUNTY))


def _opened(case: caseload.Reached, opened: Sequence[UUID]) -> Q:
    """Sealed ones in the files opened to her, except what accuses anybody of the chain."""
    accused = Q(op__in=_accusing(opened))
    for level in suspects.CHAIN:
        accused |= visits.accusing(level) | concerns.accusing(level)
    return _of(case, sealed=True) & Q(file__in=opened) & ~accused


def _accusing(files: Sequence[UUID]) -> set[UUID]:
    """Of the visits' common parts with a sealed photograph those that accuse somebody of the chain, there
    or in what was seen of any child."""
    ops = uploads.everything().filter(sealed=True, file__in=files).values_list("op", flat=True)
    entries = [e for e in oplog.load("op = ANY(%s)", [list(ops)]) if e.kind == "visit.record"]
    beside = visits.accused_beside([entry.target for entry in entries])
    return {e.op for e in entries if e.target in beside or suspects.skipped(e.data)}


def _named(prefixes: Sequence[str]) -> Q:
    lives = children.everybody().filter(children.lives_in(prefixes))
    return _of(caseload.Reached(lives, tuple(prefixes)), sealed=True)


def _of(reached: caseload.Reached, *, sealed: bool) -> Q:
    """Those in the children's files, in their households' and in stubs of a whole county."""
    homes = reached.children.exclude(household=None)
    return Q(sealed=sealed) & (
        Q(file__in=reached.children.values("id"))
        | Q(file__in=homes.values("household"))
        | Q(file__in=File.objects.filter(_in(reached.prefixes), stub=True).values("id"))
    )


def _in(prefixes: Iterable[str]) -> Q:
    """Shards are counties: a narrower prefix covers none."""
    found = Q(pk__in=[])
    for prefix in prefixes:
        if prefix == codes.COUNTRY:
            return Q()
        if codes.is_well_formed(prefix):
            found |= Q(shard__startswith=prefix)
    return found
