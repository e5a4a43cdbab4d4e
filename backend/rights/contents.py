"""What a guardian's copy holds. Named here is what goes in; everything else stays out.

It must show nothing of a report, of what is sealed or of what is open: no count, no number that could
have a gap, no level or rating, nobody's own words, and no visit that the family does not know of.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.children import queries as children
from backend.dossier import particulars, words
from backend.regions import queries as regions
from backend.visits import plain
from fieldforms import wording

from . import hindrances

FORMAT = 1
# Registers of the child; those that the office fills by weighing people are not among them.
CHILD = ("identity", "residence", "hukou", "health", "disabilities", "school", "aid")
ADULT = ("identity", "contact", "whereabouts")
IDENTITY = ("name", "sex", "ethnicity", "birth_date", "id_type", "id_number")
# The answers of a visit that are facts about the child and accuse nobody.
FACTS = (
    "child_seen", "health", "disabled", "disability_certificate", "rehabilitation_received",
    "hukou_registered", "school_status", "attendance",
)  # fmt: skip
# Ways of a visit that the family knows of. What a child said at school is not for home.
KNOWN_AT_HOME = ("home", "video", "paper")
_FORM = "household_visit"
Section = dict[str, Any]


def of(*, child: UUID, guardian: UUID, request: UUID, now: datetime) -> dict[str, Any]:
    """As JSON, codes with what they are called. Raises `LookupError` for a file that is no more."""
    on = timezone.localdate(now)
    card = children.shown_children([child])[child]
    adult = hindrances.adult_of(child, guardian)
    if adult is None:
        raise LookupError(guardian)
    return {
        "format": FORMAT,
        "request": str(request),
        "made_at": now.isoformat(),
        "child": _registers(_child(card)),
        "guardian": _registers(_adult(adult, child)),
        "delegations": _delegations(child, on),
        "visits": _visits(child),
    }


def _child(card: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: card[name] for name in CHILD if card.get(name)}
    _narrow(kept, "identity", IDENTITY)
    home = kept.get("residence")
    if isinstance(home, Mapping):
        place = " ".join(regions.path(str(home.get("division") or "")))
        kept["residence"] = {"address": f"{place} {home.get('address') or ''}".strip()}
    return kept


def _adult(registers: Mapping[str, Any], child: UUID) -> dict[str, Any]:
    """The guardian's own, and what the guardian is to this child; never to another one."""
    kept = {name: registers[name] for name in ADULT if registers.get(name)}
    _narrow(kept, "identity", IDENTITY)
    relation = hindrances.relation_of(registers, child)
    told = {name: relation[name] for name in ("relationship", "guardian") if name in relation}
    return kept | ({"relation": told} if told else {})


def _narrow(kept: dict[str, Any], name: str, members: Sequence[str]) -> None:
    """What an import or a newer phone put beside the known members stays out."""
    own = kept.get(name)
    if isinstance(own, Mapping):
        kept[name] = {member: own[member] for member in members if own.get(member)}


def _registers(kept: Mapping[str, Any]) -> list[Section]:
    return [
        {"register": name, "value": own, "lines": [list(pair) for pair in _lines(name, own)]}
        for name, own in kept.items()
    ]


def _lines(name: str, own: Any) -> words.Pairs:
    if isinstance(own, Mapping) and name not in ("aid", "disabilities"):
        return particulars.lines(own, of="" if name == "relation" else name)
    return particulars.lines({name: own})


def _delegations(child: UUID, on: date) -> list[Section]:
    """That somebody was entrusted, and from when to when; the other parties' words are their own."""
    return [
        {
            "state": card.state,
            "state_label": words.said("delegation_state", card.state),
            "valid_from": _day(card.valid_from),
            "expires_on": _day(card.expires_on),
            "revoked_on": _day(card.revoked_on),
        }
        for card in children.delegations_of(child, on=on)
    ]


def _visits(child: UUID) -> list[Section]:
    asked = wording.questions(_FORM)
    return [_visit(seen, asked) for seen in plain.plainly_seen(child) if seen.mode in KNOWN_AT_HOME]


def _visit(seen: plain.Plain, asked: Mapping[str, wording.Question]) -> Section:
    given = {name: seen.answers[name] for name in FACTS if name in seen.answers}
    _, told = words.answers(asked, given)
    return {
        "on": _day(timezone.localdate(seen.observed)),
        "mode": seen.mode,
        "mode_label": words.said("visit_mode", seen.mode),
        "facts": given,
        "lines": [list(pair) for pair in told],
    }


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
