"""One county with one administrator and one village supervisor, and a phone that speaks HTTP."""

import datetime as dt
import gzip
import json
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from backend.accounts import services
from backend.accounts.models import Person
from sync.protocol import ids, messages

NOW = dt.datetime.now(dt.UTC)
COUNTY, OTHER_COUNTY = "522630", "522629"
VILLAGE = "522630100201"
PASSWORD = "a long enough password"


def person(username: str, role: str, prefix: str, password: str | None = PASSWORD) -> Person:
    made = services.person_create(
        username=username, name="吴" + username, phone="13900000000", password=password,
        actor=None, now=NOW,
    )  # fmt: skip
    services.role_grant(
        person=made.id, role=role, prefixes=[prefix], starts_on=NOW.date(), actor=None, now=NOW
    )
    return made


@pytest.fixture
def administrator(transactional_db: None) -> Person:
    return person("admin", "administrator", COUNTY)


@pytest.fixture
def supervisor(transactional_db: None) -> Person:
    return person("supervisor", "village_supervisor", VILLAGE)


class HttpPhone:
    """Enrols with a code and syncs over HTTP; by Django's test client where none is given."""

    def __init__(self, code: str, client: Any = None) -> None:
        self.device = ids.uuid7(NOW)
        self.client = client or Client()
        answer = self.client.post(
            "/api/v1/enrol",
            {"code": code, "device": str(self.device), "app": "test"},
            content_type="application/json",
        )
        assert answer.status_code == 201, answer.content
        self.token = answer.json()["token"]
        self.outbox = answer.json()["config"]["outbox"]["value"]
        self.person = answer.json()["people"][0]["id"]
        self.log: list[bytes] = []
        self.cursor: str | None = None
        self.generation = 0

    def say(self, kind: str, target: UUID, data: dict[str, Any], file: UUID | None = None) -> None:
        previous = self.log[-1] if self.log else None
        line = {
            "op": str(ids.uuid7(NOW)),
            "device": str(self.device),
            "person": self.person,
            "seq": len(self.log) + 1,
            "prev": messages.line_hash(previous).hex() if previous else None,
            "kind": kind,
            "target": str(target),
            "file": str(file or target),
            "wall": dt.datetime.now(dt.UTC).isoformat(),
            "base": self.generation,
            "data": data,
        }
        self.log.append(json.dumps(line, ensure_ascii=False).encode())

    def post(self, body: bytes, **headers: str) -> Any:
        return self.client.post(
            "/api/v1/sync",
            body,
            content_type="application/x-ndjson",
            headers={"authorization": f"Token {self.token}", "accept-language": "en", **headers},
        )

    def sync(self, *lines: bytes, zipped: bool = False) -> dict[str, Any]:
        header = {
            "protocol": 1,
            "device": str(self.device),
            "wall": dt.datetime.now(dt.UTC).isoformat(),
            "cursor": self.cursor,
        }
        body = b"\n".join([json.dumps(header).encode(), *lines])
        if zipped:
            answer = self.post(gzip.compress(body), **{"content-encoding": "gzip"})
        else:
            answer = self.post(body)
        assert answer.status_code == 200, answer.content
        page: dict[str, Any] = answer.json()
        if "cursor" in page:
            self.cursor, self.generation = page["cursor"], page["generation"]
        return page


@pytest.fixture
def http_phone(administrator: Person, supervisor: Person) -> HttpPhone:
    code = services.enrolment_code_create(people=[supervisor.id], actor=administrator.id, now=NOW)
    return HttpPhone(code)


@pytest.fixture
def town(transactional_db: None) -> Any:
    """See `town.py`."""
    from .town import CAST, Town

    return Town({name: person(name, role, prefix, None) for name, (role, prefix) in CAST.items()})
