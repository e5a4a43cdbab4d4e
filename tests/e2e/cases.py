"""Children of one real county, what was seen of them, and the people of its office."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from backend.accounts import services as accounts
from backend.accounts.models import Person
from backend.concerns import rulesets
from backend.concerns.models import Escalation
from backend.regions.models import Division
from fieldforms.services import publish_forms
from sync.entries import Draft
from sync.protocol import ids
from sync.push import submit
from tests.api.conftest import PASSWORD

COUNTY, OTHER_COUNTY = "522630", "522629"
PLACES = {
    "52": "贵州省",
    "5226": "黔东南苗族侗族自治州",
    "522630": "台江县",
    "522630001": "台拱街道",
    "522630001217": "文山村",
    "522630101": "施洞镇",
    "522630101204": "旧州村",
    "522630101211": "小河村",
    "522630104": "方召镇",
    "522630104213": "反排村",
    "522630202": "台盘乡",
    "522630202209": "棉花村",
}
VILLAGE = "522630101211"


@dataclass(frozen=True)
class Case:
    """A child and what a supervisor answered; the times are hours before now."""

    name: str
    born: str
    village: str
    answers: Mapping[str, Any] = field(default_factory=dict)
    shared: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, Any] = field(default_factory=dict)
    observed: float = 2
    received: float = 1


def county(now: dt.datetime) -> None:
    """Places, forms and rules, as a new county has them."""
    Division.objects.bulk_create(
        Division(
            code=code, name=name, pinyin=code, level="", parent_id=_parent(code),
        )
        for code, name in PLACES.items()
    )  # fmt: skip
    publish_forms(now=now)
    rulesets.publish_rules(rulesets.shipped(), actor=None, now=now)


def _parent(code: str) -> str | None:
    return max(
        (other for other in PLACES if code != other and code.startswith(other)), default=None
    )


def somebody(username: str, name: str, role: str, area: str, now: dt.datetime) -> Person:
    made = accounts.person_create(
        username=username, name=name, phone="13900000000", password=PASSWORD, actor=None, now=now
    )
    accounts.role_grant(
        person=made.id, role=role, prefixes=[area], starts_on=now.date(), actor=None, now=now
    )
    return made


def happened(case: Case, *, by: UUID, now: dt.datetime) -> Escalation:
    """Registers the child and stores the visit; the rules make of it what they make of any."""
    child, household, visit = (ids.uuid7(now) for _ in range(3))
    seen, came = (now - dt.timedelta(hours=hours) for hours in (case.observed, case.received))
    residence = {"v": {"division": case.village}, "saw": []}
    identity = {"v": {"name": case.name, "birth_date": case.born}, "saw": []}
    known = {
        "identity": identity, "residence": residence,
        "household": {"v": str(household), "saw": []},
    }  # fmt: skip

    def draft(kind: str, target: UUID, file: UUID, data: dict[str, Any]) -> Draft:
        op = ids.uuid7(seen)
        return Draft(op=op, person=by, kind=kind, target=target, file=file, data=data, at=seen)

    part = ids.uuid7(seen)
    drafts = [
        draft("household.register", household, household, {"set": {"residence": residence}}),
        draft("child.register", child, child, {"set": known}),
        draft("visit.record", visit, household, {"mode": "home", "answers": dict(case.shared)}),
        draft("visit.part", part, child, {"visit": str(visit), "answers": dict(case.answers)}),
    ]
    if case.sealed:
        words = {"part": str(part), "answers": dict(case.sealed)}
        drafts.append(draft("visit.sealed", ids.uuid7(seen), child, words))
    receipts = submit(drafts, now=came)
    assert {receipt.outcome for receipt in receipts} == {"applied"}, receipts
    return Escalation.objects.get(file=child)
