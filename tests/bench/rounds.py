"""What supervisors' phones send: registered families, then visits, line by line as a phone writes them."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from backend.accounts import services
from backend.accounts.models import Person
from deploy.demo_data import answers
from fieldforms import queries as forms
from sync.client import New, Phone, log
from sync.protocol import ids

COUNTY = "522630"
FAMILIES = 40
# One visit in this many finds something that has to be acted upon.
SOMETHING_WRONG = 20
WRONG: tuple[dict[str, Any], ...] = (
    {"lives_alone": "yes", "adult_with_child_now": "no"},
    {"visible_injuries": "yes"},
    {"school_status": "dropped_out"},
)


@dataclass
class Device:
    """An enrolled phone, its families, and the pushes it will make: lists of lines.

    `token` and `cursor` are taken out of its store, which belongs to the thread that made it.
    """

    phone: Phone
    families: list[tuple[UUID, UUID, int]]
    pushes: list[list[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = str(self.phone.device)
        self.token: str = self.phone.store.get("token")
        self.cursor: str | None = self.phone.store.get("cursor")


def enrol(server: str, *, devices: int) -> list[Device]:
    """One supervisor with one phone in each of so many villages, each with `FAMILIES` families."""
    now = dt.datetime.now(dt.UTC)
    office = _person("bench-office", "administrator", COUNTY, now)
    made = []
    for number in range(devices):
        village = f"{COUNTY}1002{number + 1:02}"
        owner = _person(f"bench-{number}", "village_supervisor", village, now)
        code = services.enrolment_code_create(people=[owner.id], actor=office.id, now=now)
        phone = Phone(":memory:", language="en")
        phone.enrol(server, code)
        made.append(Device(phone, _register(phone, village, Random(number), now)))
    return made


def _person(username: str, role: str, prefix: str, now: dt.datetime) -> Person:
    made = services.person_create(
        username=username, name="吴" + username, phone="13900000000", password=None,
        actor=None, now=now,
    )  # fmt: skip
    services.role_grant(
        person=made.id, role=role, prefixes=[prefix], starts_on=now.date(), actor=None, now=now
    )
    return made


def _register(
    phone: Phone, village: str, random: Random, now: dt.datetime
) -> list[tuple[UUID, UUID, int]]:
    families = []
    for number in range(FAMILIES):
        child, household = ids.uuid7(now), ids.uuid7(now)
        age = random.randint(2, 15)
        born = dt.date(now.year - age, random.randint(1, 12), random.randint(1, 28))
        residence = _written({"division": village, "address": f"{number + 1}号"})
        card = {"name": f"龙小{chr(0x4E00 + number)}", "sex": "female", "birth_date": str(born)}
        about_child = {
            "identity": _written(card), "residence": residence,
            "household": _written(str(household)), "risk_level": _written("BLUE"),
        }  # fmt: skip
        phone.append(
            New(
                kind="household.register", target=household, data={"set": {"residence": residence}}
            ),
            New(kind="child.register", target=child, data={"set": about_child}),
            together=True,
        )
        families.append((household, child, age))
    report = phone.sync()
    assert {receipt["outcome"] for receipt in report.receipts} == {"applied"}, report.receipts[:3]
    phone.sync()
    return families


def _written(value: Any) -> dict[str, Any]:
    return {"v": value, "saw": []}


def prepare(device: Device, *, pushes: int, visits: int, seed: int) -> None:
    """Writes the visits into the phone's log and keeps the lines of each push; nothing is sent."""
    random = Random(seed)
    form = forms.in_force()[answers.FORM]["version"]
    for number in range(pushes):
        lines: list[bytes] = []
        for place in range(visits):
            household, child, age = device.families[(number * visits + place) % FAMILIES]
            saved = device.phone.append(*visit(household, child, age, form, random))
            for one in saved:
                lines.append(log.line_at(device.phone.store, one.seq))
        device.pushes.append(lines)


def visit(household: UUID, child: UUID, age: int, form: str, random: Random) -> Iterator[New]:
    """The household's part, the child's part and its sealed part."""
    now = dt.datetime.now(dt.UTC)
    visit, part = ids.uuid7(now), ids.uuid7(now)
    told = random.choice(WRONG) if random.randrange(SOMETHING_WRONG) == 0 else {}
    shared = answers.household({})
    named: dict[str, Any] = {"form": answers.FORM, "form_version": form}
    yield New(
        kind="visit.record", target=visit, file=household, data=shared.data(mode="home"), **named
    )
    own = answers.child(shared, told, age=age, random=random)
    yield New(kind="visit.part", target=part, file=child, data=own.data(visit=str(visit)), **named)
    sealed = answers.sealed(shared).data(part=str(part), visit=str(visit))
    yield New(kind="visit.sealed", file=child, data=sealed, **named)
