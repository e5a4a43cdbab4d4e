"""Two counties with numbers of their own: offices, a township's supervisor, a roster of those on duty."""

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from backend.accounts import services as accounts
from backend.duty import services as duty
from backend.referrals import services as referrals
from sync.client import Phone

from .conftest import COUNTY, NOW, OTHER_COUNTY, VILLAGE

DAY = dt.timedelta(days=1)
TOWNSHIP, NEXT_TOWNSHIP = VILLAGE[:9], COUNTY + "101"
FAR_VILLAGE = OTHER_COUNTY + "100201"
# Name, kind, division, number.
OFFICES = (
    ("施洞派出所", "police_station", TOWNSHIP, "0855-0001"),
    ("施洞镇社会事务办", "civil_affairs", TOWNSHIP, "0855-0002"),
    ("施洞村卫生室", "clinic", VILLAGE, "0855-0003"),
    ("施洞小学", "school", TOWNSHIP, "0855-0004"),
    ("县民政局", "civil_affairs", COUNTY, "0855-0005"),
    ("县法院", "court", COUNTY, "0855-0006"),
    ("县教育局", "education", COUNTY, "0855-0007"),
    ("县医院", "health", COUNTY, "0855-0008"),
    ("县残联", "disabled_federation", COUNTY, "0855-0009"),
)
PEOPLE = {
    "wu": ("village_supervisor", VILLAGE, "19000000001"),
    "neighbour": ("village_supervisor", NEXT_TOWNSHIP + "201", "19000000008"),
    "township": ("township_supervisor", TOWNSHIP, "19000000002"),
    "next_township": ("township_supervisor", NEXT_TOWNSHIP, "19000000009"),
    "officer": ("county_officer", COUNTY, "19000000003"),
    "deputy": ("county_officer", COUNTY, "19000000004"),
    "lead": ("county_lead", COUNTY, "19000000005"),
    "admin": ("administrator", COUNTY, "19000000006"),
    "far_wu": ("village_supervisor", FAR_VILLAGE, "19000000010"),
    "far_township": ("township_supervisor", FAR_VILLAGE[:9], "19000000011"),
    "far_lead": ("county_lead", OTHER_COUNTY, "19000000012"),
    "far_admin": ("administrator", OTHER_COUNTY, "19000000013"),
}


@dataclass
class County:
    """`server` is where its phones sync."""

    server: str
    people: dict[str, UUID] = field(default_factory=dict)

    def add(self, name: str, role: str, prefix: str, phone: str) -> UUID:
        made = accounts.person_create(
            username=name, name=name, phone=phone, password=None, actor=None, now=NOW
        )
        accounts.role_grant(
            person=made.id, role=role, prefixes=[prefix], starts_on=NOW.date() - DAY, actor=None,
            now=NOW,
        )  # fmt: skip
        self.people[name] = made.id
        return made.id

    def office(self, name: str, kind: str, division: str, phone: str, **more: Any) -> UUID:
        keeper = "admin" if division.startswith(COUNTY) else "far_admin"
        row = referrals.organisation_create(
            name=name, kind=kind, division=division, phone=phone, actor=self.people[keeper],
            now=NOW, **more,
        )  # fmt: skip
        return row.id

    def shift(self, who: str, first: float, last: float, **more: Any) -> None:
        """Days from now."""
        duty.shift_create(
            **{
                "division": COUNTY, "person": self.people[who], "deputies": [],
                "starts_at": NOW + first * DAY, "ends_at": NOW + last * DAY,
                "actor": self.people["lead"], "now": NOW, **more,
            }
        )  # fmt: skip

    def phone(self, name: str, path: Path | str = ":memory:") -> Phone:
        admin = self.people["far_admin" if name.startswith("far") else "admin"]
        code = accounts.enrolment_code_create(people=[self.people[name]], actor=admin, now=NOW)
        phone = Phone(path, language="en")
        phone.enrol(self.server, code)
        phone.sync()
        return phone


def make(server: str) -> County:
    county = County(server)
    for name, (role, prefix, phone) in PEOPLE.items():
        county.add(name, role, prefix, phone)
    for office in OFFICES:
        county.office(*office, hours="8:30–17:30")
    county.office("邻乡派出所", "police_station", NEXT_TOWNSHIP, "0855-1001")
    county.office("邻县法院", "court", OTHER_COUNTY, "0855-2006")
    county.shift("officer", -1, 3, deputies=[county.people["deputy"]])
    county.shift("deputy", 3, 20)
    return county
