"""Everything a dossier says, as the template shows it: plain texts in Chinese, in fixed sections."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from backend.caseload import queries as caseload
from backend.children import queries as children
from backend.regions import queries as regions
from fieldforms import risk
from fieldforms.sealing import split
from sync.entries import Entry
from sync.uploads.queries import Card

from . import particulars, timeline, words
from .naming import Naming
from .particulars import RISK

_POLICE = (("", "police_called_at", "police_receipt"),
           ("sealed_", "sealed_police_called_at", "sealed_police_receipt"))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A photograph with its number in the dossier; `shown` is None for one that is not here."""

    number: int
    card: Card
    shown: bytes | None

    @property
    def name(self) -> str:
        return f"photo-{self.number}.jpg"


def sections(
    *, child: UUID, household: UUID | None, division: str, entries: Sequence[Entry],
    pictures: Sequence[Picture], on: dt.date,
) -> dict[str, Any]:  # fmt: skip
    naming, asked = Naming(entries, on=on), words.Asked()
    numbers: dict[UUID, list[str]] = {}
    for picture in pictures:
        numbers.setdefault(picture.card.op, []).append(str(picture.number))
    card = children.shown_children([child]).get(child, {})
    return {
        "name": children.name_of(card),
        "county": " ".join(regions.path(division[:6])) or division[:6],
        "child": naming.redacted(_child(card, division, _open_now(child))),
        "household": naming.redacted(_household(household)),
        "adults": naming.redacted(_adults(household, child)),
        "timeline": timeline.items(entries, naming, numbers, asked),
        "warnings": _warnings(entries, naming),
        "assessments": _assessments(entries, naming, asked),
        "wishes": _wishes(entries, naming),
        "police": _police(entries, naming),
        "photos": _photos(pictures, entries),
    }


def _open_now(child: UUID) -> list[risk.Reason]:
    """What is open as far as everybody may know of it: who will read the dossier is not known."""
    return [reason for _, _, because in caseload.open_dangers([child]) for reason in because]


def _child(card: Mapping[str, Any], division: str, open_now: Sequence[risk.Reason]) -> words.Pairs:
    identity = card.get("identity")
    rest = {name: value for name, value in card.items() if name != "identity"}
    residence = rest.pop("residence", None)
    pairs = particulars.lines(identity) if isinstance(identity, Mapping) else []
    place = " ".join(regions.path(division))
    address = residence.get("address", "") if isinstance(residence, Mapping) else ""
    level = particulars.level(str(rest.pop(RISK, "") or ""), open_now)
    home = ("居住地", f"{place} {address}".strip() or division)
    return [*pairs, home, *level, *particulars.lines(rest)]


def _household(household: UUID | None) -> words.Pairs:
    if household is None:
        return []
    card = children.shown_households([household]).get(household, {})
    residence = card.pop("residence", None) if isinstance(card, dict) else None
    address = residence.get("address", "") if isinstance(residence, Mapping) else ""
    return [*([("住址", str(address))] if address else []), *particulars.lines(card)]


def _adults(household: UUID | None, child: UUID) -> list[words.Pairs]:
    """Each adult's particulars, with the relation to this child and to no brother or sister."""
    if household is None:
        return []
    told = []
    for adult in children.guardians_of(household):
        registers = dict(adult["registers"])
        relations = registers.pop("children", None)
        relation = relations.get(str(child)) if isinstance(relations, Mapping) else None
        pairs: words.Pairs = []
        for name in ("identity", "contact", "whereabouts"):
            part = registers.pop(name, None)
            pairs += particulars.lines(part, of=name) if isinstance(part, Mapping) else []
        pairs += particulars.lines(relation) if isinstance(relation, Mapping) else []
        told.append([*pairs, *particulars.lines(registers)])
    return told


def _times(entry: Entry) -> dict[str, str]:
    return {"observed": words.moment(entry.observed), "received": words.moment(entry.received)}


def _warnings(entries: Sequence[Entry], naming: Naming) -> list[dict[str, Any]]:
    return [
        {
            **_times(entry),
            "by": naming.by(entry),
            "said": naming.redacted(words.steps(entry.kind, entry.data)),
        }
        for entry in entries
        if entry.kind == "guardian_warning.give"
    ]


def _assessments(
    entries: Sequence[Entry], naming: Naming, asked: words.Asked
) -> list[dict[str, Any]]:
    told = []
    for entry in entries:
        if entry.kind != "assessment.record":
            continue
        form = str(entry.data["form"])
        narrative, others = words.answers(asked[form], split(entry.data.get("answers"))[0])
        told.append({
            **_times(entry), "title": words.said("case_evidence", form), "by": naming.by(entry),
            "narrative": naming.redacted(narrative), "others": naming.redacted(others),
        })  # fmt: skip
    return told


def _wishes(entries: Sequence[Entry], naming: Naming) -> list[dict[str, str]]:
    """The child's own words, wherever somebody wrote them down."""
    names = ("child_wish", "child_words", "sealed_words", "child_opinion")
    told = []
    for entry in entries:
        given = timeline.answers_of(entry)
        nested = given.get("given")
        given |= nested if isinstance(nested, dict) else {}
        told += [
            {**_times(entry), "source": timeline.title(entry), "text": str(given[name])}
            for name in names
            if given.get(name)
        ]
    return [naming.redacted(wish) for wish in told]


def _police(entries: Sequence[Entry], naming: Naming) -> list[dict[str, str]]:
    """Reports to the police: calls that somebody made, with the receipt."""
    told = []
    for entry in entries:
        given = timeline.answers_of(entry)
        if entry.kind in ("case.report_police", "escalation.reported", "missing.report"):
            named = given.get("police_officer") or given.get("officer")
            told.append(_report(entry, given.get("called_at"), given.get("receipt"), named))
            continue
        for part, at, receipt in _POLICE:
            if given.get(f"{part}police_called") == "yes" or given.get(receipt):
                told.append(_report(entry, given.get(at), given.get(receipt), None))
    return [naming.redacted(report) for report in told]


def _report(entry: Entry, at: Any, receipt: Any, officer: Any) -> dict[str, str]:
    return {
        **_times(entry), "called": words.spoken_time(at or _UNKNOWN), "source": timeline.title(entry),
        "receipt": str(receipt or _UNKNOWN), "officer": str(officer or _UNKNOWN),
    }  # fmt: skip


_UNKNOWN = "未记录"


def _photos(pictures: Sequence[Picture], entries: Sequence[Entry]) -> list[dict[str, Any]]:
    by_op = {entry.op: entry for entry in entries}
    return [
        {
            "number": picture.number, "file": picture.name if picture.shown else None,
            "title": timeline.title(by_op[picture.card.op]), **_times(by_op[picture.card.op]),
            "sha256": picture.card.sha256, "original": picture.card.photo,
            "status": words.said("dossier_photo", picture.card.status),
        }
        for picture in pictures
    ]  # fmt: skip
