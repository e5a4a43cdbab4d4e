"""Reference clients beside the server: what a stale one holds after a sync is what a new one loads."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.test import Client

from backend.accounts import services
from sync.client import Phone
from sync.client.transport import Answer

from .conftest import NOW

Contents = dict[str, tuple[Any, ...]]


class InProcess:
    """The server without a network; an answer that is not 200 is the test's to see."""

    def __init__(self, server: str) -> None:
        self.client = Client()

    def post(self, path: str, body: bytes, *, media: str, headers: dict[str, str]) -> Answer:
        answer = self.client.post(path, body, content_type=media, headers=headers)
        assert answer.status_code in {200, 201}, answer.content
        return Answer(answer.status_code, answer.json(), (len(body), len(answer.content)))


def phone(*people: UUID, admin: UUID) -> Phone:
    """An enrolled reference client that has loaded nothing."""
    made = Phone(":memory:", connect=InProcess, language="en")
    code = services.enrolment_code_create(people=people, actor=admin, now=NOW)
    made.enrol("http://in-process", code)
    return made


def contents(phone: Phone) -> Contents:
    """Everything on the phone, by record; older history by its number only."""
    known = phone.store.db.execute("SELECT id, type, file, rev FROM record").fetchall()
    shown = {seen.id: (seen.values, seen.conflicts, seen.body) for seen in phone.records()}
    return {id_: (*place, *shown.get(id_, ())) for id_, *place in known}


class Copies:
    """Stale clients of some households of people, and for each a spare that has never synced.

    The spare is enrolled before a step, because nobody can be enrolled who has just left.
    """

    def __init__(self, groups: Sequence[Sequence[UUID]], *, admin: UUID) -> None:
        self.groups, self.admin = [tuple(group) for group in groups], admin
        self.stale = [phone(*group, admin=admin) for group in self.groups]
        self.spares = [phone(*group, admin=admin) for group in self.groups]
        for one in self.stale:
            one.sync()

    def check(self, step: str, *, renew: bool = True) -> list[Contents]:
        """Asserts *stale client + feed == fresh load*; `renew` unless nobody can be enrolled any more."""
        found = []
        for stale, fresh in zip(self.stale, self.spares, strict=True):
            reports = [stale.sync(), fresh.sync()]
            assert [report.digest_agrees for report in reports] == [True, True], step
            held, loaded = contents(stale), contents(fresh)
            assert held == loaded, f"{step}: {difference(held, loaded)}"
            found.append(held)
            fresh.close()
        if renew:
            self.spares = [phone(*group, admin=self.admin) for group in self.groups]
        return found


def difference(held: Contents, loaded: Contents) -> dict[str, tuple[Any, Any]]:
    """What the two do not agree on: stale, fresh."""
    return {
        id_: (held.get(id_), loaded.get(id_))
        for id_ in held.keys() | loaded.keys()
        if held.get(id_) != loaded.get(id_)
    }
