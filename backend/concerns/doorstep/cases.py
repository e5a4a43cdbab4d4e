"""What she writes down, put together with what her phone holds, as cases to judge. Pure.

The server puts the same together in `inputs.py`. Where the phone is closed there is only what she just
said: no birth date, no household, no earlier visit.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fieldforms import facts, words
from fieldforms.facts import Case
from sync.client.advice import Held
from sync.client.log import New

from ..gaps import nothing_learned

CHINA = ZoneInfo("Asia/Shanghai")
WINDOW, VISITS = dt.timedelta(days=365), 12
VISIT, PART, SEALED, REPORT = "visit.record", "visit.part", "visit.sealed", "concern.raise"
DELEGATION = "delegation.confirm"
_FORM = {
    PART: "household_visit", REPORT: "concern_report", DELEGATION: "delegation_confirmation",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One operation to judge, at its `place` among the new ones. `name`: the child's shown name.

    `spoken`: what its open words speak of, kinds of `fieldforms.words`, where no answer has settled it.
    """

    place: int
    file: str
    name: str
    division: str
    case: Case
    sealed: bool
    has_gaps: bool
    spoken: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A visit, part, sealed part or report, just written down or held."""

    kind: str
    file: str
    person: str
    observed: dt.datetime
    data: Mapping[str, Any]

    @property
    def answers(self) -> Mapping[str, Any]:
        given = self.data.get("answers")
        return given if isinstance(given, Mapping) else {}

    @property
    def skipped(self) -> list[str]:
        given = self.data.get("skipped")
        return [name for name in given if isinstance(name, str)] if isinstance(given, list) else []


def told(news: Sequence[New], held: Held) -> list[Told]:
    """What of these operations says how a child is."""
    batch = _Batch(news, held)
    return [
        batch.told(place, new) for place, new in enumerate(news) if new.kind in (SEALED, *_FORM)
    ]


class _Batch:
    """The new operations and what the phone holds, looked at as one."""

    def __init__(self, news: Sequence[New], held: Held) -> None:
        self.news, self.held = news, held
        self.said = {str(new.target): _said(new, held) for new in news if new.target}
        self.past: dict[str, list[_Said]] = {}

    def told(self, place: int, new: New) -> Told:
        own = _said(new, self.held)
        given_with = self._given_with(own) if new.kind == SEALED else own
        parts = [*self._with_visit(given_with), *([own] if new.kind == SEALED else [])]
        child = self._shown(own.file)
        home = self._shown(_text(child.get("household")))
        kind = given_with.kind if given_with else REPORT
        case = Case(
            form=new.form if new.form in facts.forms() else _FORM.get(kind, _FORM[REPORT]),
            version=new.form_version or "",
            answers={name: value for one in parts for name, value in one.answers.items()},
            skipped={name for one in parts for name in one.skipped},
            child=child, household=home, history=self._history(own, given_with),
            observed=own.observed.astimezone(CHINA).date(),
        )  # fmt: skip
        return Told(
            place=place, file=own.file, name=_name(child), division=_division(child, home),
            case=case, sealed=new.kind == SEALED,
            # A report asks little, unless it says what it did not ask.
            has_gaps=not nothing_learned(case.answers)
            and (kind == PART or (kind == REPORT and bool(case.skipped))),
            spoken=frozenset() if new.kind == SEALED else self._spoken(new, parts),
        )  # fmt: skip

    def _spoken(self, new: New, parts: Sequence[_Said]) -> frozenset[str]:
        """What may belong under seal is settled by the answer in the sealed part that goes with it."""
        found = {kind for said in parts for kind in words.spoken(said.data)}
        beside = [_said(one, self.held) for one in self.news if one.kind == SEALED]
        mine = [
            said for said in beside
            if str(new.target) in (said.data.get("part"), said.data.get("concern"))
        ]  # fmt: skip
        settled = any(said.answers.get(words.QUESTION) for said in mine)
        return frozenset(found - {words.SEALED} if settled else found)

    def _given_with(self, sealed: _Said) -> _Said | None:
        for kind, name in ((PART, "part"), (REPORT, "concern")):
            found = self._said_of(_text(sealed.data.get(name)), kind)
            if found and found.file == sealed.file:
                return found
        return None

    def _with_visit(self, part: _Said | None) -> list[_Said]:
        """A part with the whole visit's words before it, if they are hers or of this household."""
        if part is None:
            return []
        visit = self._said_of(_text(part.data.get("visit")), VISIT)
        if visit is None:
            return [part]
        home = _text(self._shown(part.file).get("household"))
        return [visit, part] if visit.person == part.person or visit.file == home else [part]

    def _said_of(self, id_: str, kind: str) -> _Said | None:
        if id_ in self.said:
            return self.said[id_]
        seen = self.held.record(id_) if id_ else None
        return _held(kind, seen.file, seen.body) if seen else None

    def _shown(self, record: str) -> dict[str, Any]:
        """A child or household as this phone shows it, with what these operations write to it."""
        seen = self.held.record(record) if record else None
        shown = dict(seen.values) if seen else {}
        for new in self.news:
            if str(new.target) == record:
                shown |= {name: _written(w) for name, w in _part(new, "set").items()}
                for name, elements in _part(new, "add").items():
                    shown[name] = {**dict(shown.get(name) or {}), **dict(elements)}
        return shown

    def _history(self, own: _Said, given_with: _Said | None) -> list[Mapping[str, Any]]:
        """Merged answers of the earlier visits, the latest first."""
        if not own.file:
            return []
        if own.file not in self.past:
            seen = self.held.records(type="visit_part", file=UUID(own.file))
            found = [_held(PART, one.file, one.body) for one in seen]
            self.past[own.file] = sorted(found, key=lambda one: one.observed, reverse=True)
        earlier = [
            part
            for part in self.past[own.file]
            if dt.timedelta() < own.observed - part.observed <= WINDOW and part != given_with
        ]
        return [
            {name: value for one in self._with_visit(part) for name, value in one.answers.items()}
            for part in earlier[:VISITS]
        ]


def _said(new: New, held: Held) -> _Said:
    file = new.file or new.target
    return _Said(
        kind=new.kind, file=str(file) if file else "", person=str(new.person or held.person),
        observed=new.at or held.now, data=new.data,
    )  # fmt: skip


def _held(kind: str, file: str, body: Mapping[str, Any]) -> _Said:
    return _Said(
        kind=kind, file=file, person=_text(body.get("person")),
        observed=dt.datetime.fromisoformat(body["observed"]), data=body.get("data") or {},
    )  # fmt: skip


def _part(new: New, name: str) -> Mapping[str, Any]:
    part = new.data.get(name)
    return part if isinstance(part, Mapping) else {}


def _written(write: Any) -> Any:
    return write.get("v") if isinstance(write, Mapping) else write


def _name(child: Mapping[str, Any]) -> str:
    card = child.get("identity")
    return _text(card.get("name")) if isinstance(card, Mapping) else ""


def _division(*cards: Mapping[str, Any]) -> str:
    for card in cards:
        residence = card.get("residence")
        if isinstance(residence, Mapping) and residence.get("division"):
            return _text(residence["division"])
    return ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
