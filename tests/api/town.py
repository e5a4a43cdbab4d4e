"""Two villages of one township with their people, a desk for each of them, and children by the office."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.test import Client

from backend.accounts import services
from backend.accounts.models import AccessToken, Person
from sync.entries import Draft
from sync.protocol import ids
from sync.push import submit

from .conftest import COUNTY, NOW, OTHER_COUNTY, VILLAGE, HttpPhone

TOWNSHIP = VILLAGE[:9]
NEXT_VILLAGE = "522630100202"
CAST = {
    "wu": ("village_supervisor", VILLAGE),
    "yang": ("village_supervisor", NEXT_VILLAGE),
    "township": ("township_supervisor", TOWNSHIP),
    "officer": ("county_officer", COUNTY),
    "admin": ("administrator", COUNTY),
    "auditor": ("auditor", COUNTY),
    "viewer": ("viewer", COUNTY[:2]),
    "stranger": ("county_officer", OTHER_COUNTY),
}


class Desk:
    """Somebody logged in at a browser."""

    def __init__(self, who: Person) -> None:
        self.client = Client()
        _, token = AccessToken.objects.create(user=who)
        self.headers = {"authorization": f"Token {token}", "accept-language": "en"}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1/{path}", query, headers=self.headers)

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(
            f"/api/v1/{path}", body, content_type="application/json", headers=self.headers
        )

    def names(self, path: str, **query: Any) -> list[str]:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.content
        return [row["name"] for row in answer.json()["results"]]


@dataclass
class Town:
    people: dict[str, Person] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Person:
        return self.people[name]

    def desk(self, name: str) -> Desk:
        return Desk(self.people[name])

    def phone(self, name: str) -> HttpPhone:
        code = services.enrolment_code_create(
            people=[self.people[name].id], actor=self.people["admin"].id, now=NOW
        )
        return HttpPhone(code)

    def office(
        self, kind: str, target: UUID, data: dict[str, Any], file: UUID | None = None
    ) -> Draft:
        return Draft(
            op=ids.uuid7(NOW), person=self.people["officer"].id, kind=kind, target=target,
            file=file or target, data=data, at=NOW,
        )  # fmt: skip

    def submit(self, *drafts: Draft) -> None:
        receipts = submit(drafts, now=NOW)
        assert {receipt.outcome for receipt in receipts} == {"applied"}, receipts

    def child(
        self, name: str, *, village: str = VILLAGE, of: str | None = None, guardian: str = "",
        number: str = "", home: UUID | None = None, **registers: Any,
    ) -> UUID:  # fmt: skip
        """A registered child with its household; `of` names the supervisor, `guardian` a phone."""
        child, household, adult = ids.uuid7(NOW), home or ids.uuid7(NOW), ids.uuid7(NOW)
        address = {"division": village, "address": "三组12号"}
        values = {
            "identity": {"name": name, "sex": "female", "birth_date": "2018-03-07",
                         "id_number": number},
            "residence": address, "household": str(household), **registers,
        }  # fmt: skip
        drafts = [
            self.office("household.register", household, written(residence=address)),
            self.office("child.register", child, written(**values)),
        ]
        if guardian:
            card = written(
                identity={"name": "龙阿公"}, contact={"phone": guardian}, household=str(household)
            )
            drafts.append(self.office("guardian.register", adult, card, household))
        if of:
            to = {"person": str(self.people[of].id)}
            drafts.append(self.office("caseload.assign", ids.uuid7(NOW), to, child))
        self.submit(*drafts)
        return child


def written(**values: Any) -> dict[str, Any]:
    return {"set": {name: {"v": value, "saw": []} for name, value in values.items()}}
