"""Recomputes the whole chain from the rows, and compares it with the ledger outside the database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter

from backend.common import ledger

from . import merkle
from .models import AuditEntry, AuditSeal
from .sealing import LEDGER_KIND
from .seals import Row, heads, heads_root


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """Something that is not as it was sealed. `row` 0 is the seal itself, `seal` 0 none.

    `undone`: a restore that the ledger knows of explains it.
    """

    what: str
    county: str = ""
    seal: int = 0
    row: int = 0
    undone: bool = False

    def __str__(self) -> str:
        place = f"county {self.county or '(none)'}, seal {self.seal}: " if self.seal else ""
        return place + (f"row {self.row} " if self.row else "") + self.what


CHANGED, MISSING = "was changed after it was sealed", "was removed after it was sealed"
ADDED = "was added where everything was sealed already"


def misfits(county: str | None = None) -> Iterator[Misfit]:
    """Everything that does not fit, in the order of the rows; in memory bounded by a round."""
    seals = AuditSeal.objects.order_by("upto", "county", "number")
    if county is not None:
        seals = seals.filter(county=county)
    chain, after = Chain(), 0
    for upto, group in groupby(seals.iterator(chunk_size=200), key=attrgetter("upto")):
        members = list(group)
        for seal in members:
            yield from chain.follow(seal)
        yield from _rows(members, after, upto, county)
        after = upto
    if county is None:
        yield from _ledger()


def chain_misfits(county: str, *, number: int) -> Iterator[Misfit]:
    """Of a county's seals up to one, without their rows."""
    chain = Chain()
    seals = AuditSeal.objects.filter(county=county, number__lte=number).order_by("number")
    for seal in seals.iterator(chunk_size=200):
        yield from chain.follow(seal)


class Chain:
    """Each seal is over what it says, and follows the county's seal before it."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[int, bytes]] = {}

    def follow(self, seal: AuditSeal) -> Iterator[Misfit]:
        number, before = self._last.get(seal.county, (0, merkle.START))
        self._last[seal.county] = seal.number, bytes(seal.hash)
        if seal.number != number + 1:
            yield Misfit(
                what="follows, and the seals between them are gone" if number else "is the first: "
                "those before it are gone", county=seal.county, seal=number or seal.number,
            )  # fmt: skip
        elif bytes(seal.before) != before or not _is_whole(seal):
            yield Misfit(what="the seal itself was changed", county=seal.county, seal=seal.number)


def _is_whole(seal: AuditSeal) -> bool:
    leaves = _leaves(seal)
    if not leaves or len(leaves) != len(seal.ids) or merkle.root(leaves) != bytes(seal.root):
        return False
    return bytes(seal.hash) == merkle.seal(
        county=seal.county, number=seal.number, minute=seal.minute, ids=seal.ids,
        root=bytes(seal.root), before=bytes(seal.before),
    )  # fmt: skip


def _leaves(seal: AuditSeal) -> list[bytes]:
    every = bytes(seal.leaves)
    return [every[start : start + 32] for start in range(0, len(every), 32)]


def _rows(
    seals: Sequence[AuditSeal], after: int, upto: int, county: str | None
) -> Iterator[Misfit]:
    sealed = {
        id_: (seal, leaf)
        for seal in seals
        for id_, leaf in zip(seal.ids, _leaves(seal), strict=False)
    }
    found = AuditEntry.objects.filter(id__gt=after, id__lte=upto)
    if county is not None:
        # By its id too: a row whose county was changed is this one's all the same.
        found = found.filter(county=county) | AuditEntry.objects.filter(id__in=list(sealed))
    rows = {row.id: row for row in map(Row._make, found.values_list(*Row._fields))}
    for id_ in sorted(sealed.keys() | rows.keys()):
        if id_ not in sealed:
            yield Misfit(what=ADDED, county=rows[id_].county, row=id_)
            continue
        seal, leaf = sealed[id_]
        if id_ not in rows:
            yield Misfit(what=MISSING, county=seal.county, seal=seal.number, row=id_)
        elif merkle.leaf(**rows[id_]._asdict()) != leaf:
            yield Misfit(what=CHANGED, county=seal.county, seal=seal.number, row=id_)


def _ledger() -> Iterator[Misfit]:
    """The heads that the ledger holds: of a log that was rewritten as a whole only they tell.

    A restore explains those that do not fit from some line on up to the incarnation it began.
    """
    pending: list[Misfit] = []
    for line in ledger.read():
        if line.fact.kind == "incarnation":
            yield from (replace(misfit, undone=True) for misfit in pending)
            pending = []
        elif line.fact.kind == LEDGER_KIND and (misfit := _other_head(line)):
            pending.append(misfit)
        elif line.fact.kind == LEDGER_KIND:
            yield from pending
            pending = []
    yield from pending


def _other_head(line: ledger.Entry) -> Misfit | None:
    upto = line.fact.detail["upto"]
    known = heads(upto=upto)
    if known and heads_root(known).hex() == line.fact.detail["root"]:
        return None
    return Misfit(
        what=f"line {line.number} of the ledger, of {line.fact.at:%Y-%m-%d %H:%M}, holds another head"
        f" for the rows up to {upto}: the log was rewritten or an older database put in its place"
    )
