"""A county with a child, the people who refer her, and two organisations with an account each."""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.accounts.models import Person
from backend.referrals.models import Referral
from fieldforms.services import publish_forms
from sync.protocol import ids

from .conftest import COUNTY, NOW, person
from .town import CAST, Desk, Town

TODAY = timezone.localdate(NOW)
DUE = str(TODAY + dt.timedelta(days=7))
PEOPLE = {
    "lead": ("county_lead", COUNTY), "clinic": ("partner_worker", COUNTY),
    "court": ("partner_worker", COUNTY), "nobody": ("partner_worker", COUNTY),
}  # fmt: skip


@dataclass
class Office:
    """`clinic` and `court` are accounts of an organisation each, `nobody` is one of none."""

    town: Town
    child: UUID
    clinic: str
    court: str

    def desk(self, name: str) -> Desk:
        return self.town.desk(name)

    def person(self, name: str) -> Person:
        return self.town.people[name]

    def visit(self, *needs: str, child: UUID | None = None, back: int = 0) -> None:
        """A home visit in which needs were ticked, `back` days ago."""
        answers = {"child_seen": "yes", "needs": list(needs)}
        draft = self.town.office("visit.part", ids.uuid7(NOW), {"answers": answers}, self.child)
        at = NOW - dt.timedelta(days=back)
        self.town.submit(replace(draft, person=self.town.wu.id, at=at, file=child or self.child))

    def draft(self, *, by: str = "officer", **more: Any) -> UUID:
        answer = self.desk(by).post("referrals/", child=str(self.child), **more)
        assert answer.status_code == 201, answer.content
        return UUID(answer.json()["id"])

    def send(
        self, referral: UUID, *fields: str, by: str = "officer", to: str = "clinic", **more: Any
    ) -> Any:
        """Looks at the preview, then sends what was looked at."""
        desk, chosen = self.desk(by), list(fields or ("sex", "age", "place"))
        seen = desk.post(f"referrals/{referral}/preview", fields=chosen)
        assert seen.status_code == 200, seen.content
        body = {
            "revision": Referral.objects.get(id=referral).revision,
            "organisation": getattr(self, to), "due_on": DUE, "purpose": "请安排康复训练",
            "fields": chosen, "digest": seen.json()["digest"],
        }  # fmt: skip
        return desk.post(f"referrals/{referral}/send", **(body | more))

    def sent(self, *fields: str, to: str = "clinic", by: str = "officer", **more: Any) -> UUID:
        referral = self.draft(by=by, **more)
        answer = self.send(referral, *fields, to=to, by=by)
        assert answer.status_code == 200, answer.content
        return referral

    def step(self, referral: UUID, step: str, *, by: str = "officer", **given: Any) -> Any:
        revision = given.pop("revision", Referral.objects.get(id=referral).revision)
        body = {"revision": revision, "step": step, "given": given}
        return self.desk(by).post(f"referrals/{referral}/steps", **body)

    def answer(self, referral: UUID, step: str, *, by: str = "clinic", **given: Any) -> Any:
        revision = given.pop("revision", Referral.objects.get(id=referral).revision)
        body = {"revision": revision, "step": step, "given": given}
        return self.desk(by).post(f"partner/referrals/{referral}/steps", **body)

    def detail(self, referral: UUID, *, by: str = "officer") -> Any:
        answer = self.desk(by).get(f"referrals/{referral}/")
        assert answer.status_code == 200, answer.content
        return answer.json()


def make() -> Office:
    """Without the `town` fixture: most tests need no transaction of their own."""
    publish_forms(now=NOW)
    people = {n: person(n, role, prefix, None) for n, (role, prefix) in (CAST | PEOPLE).items()}
    town = Town(people)
    child = town.child(
        "龙小燕", of="wu", guardian="13800138000", number="522630201803070025",
        school={"name": "施洞小学"}, health="disabled",
    )  # fmt: skip
    made = {}
    for name, kind, title in (("clinic", "health", "县医院康复科"), ("court", "court", "县法院")):
        row = town.desk("admin").post("directory/", name=title, kind=kind, division=COUNTY)
        assert row.status_code == 201, row.content
        made[name] = row.json()["id"]
        answer = put(town.desk("admin"), made[name], [str(people[name].id)])
        assert answer.status_code == 200, answer.content
    return Office(town, child, **made)


def put(desk: Desk, organisation: str, people: list[str]) -> Any:
    return desk.client.put(
        f"/api/v1/directory/{organisation}/people", {"people": people},
        content_type="application/json", headers=desk.headers,
    )  # fmt: skip
