"""Break-glass: one child's sealed matters, opened by two people of different roles to one person for a day."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from backend.accounts import queries
from backend.accounts.models import Confirmation
from backend.audit.models import AuditEntry
from backend.common import clock
from backend.concerns.models import Escalation
from backend.notifications.models import Notice
from tests.cast import HERE, NOW, Cast, add_child, add_escalation

from .conftest import person
from .test_people import Caller

pytestmark = pytest.mark.django_db
WHY = {"reason": "负责人失联，孩子正处于危险"}
HOUR = dt.timedelta(hours=1)


def reads(cast: Cast, name: str, things: Mapping[str, Any] | None = None) -> dict[str, int]:
    """What each sealed thing of the child answers."""
    own = cast.here.ids | (things or {})
    paths = {
        "escalation": (f"escalations/{own['sealed']}/open", WHY),
        "case": (f"cases/{own['sealed_case']}/open", WHY),
        "attachment": (f"attachments/{own['sealed_attachment']}/open", WHY | {"what": "view"}),
        "dossier": (f"dossiers/{own['sealed_dossier']}/open", WHY),
        "referral": (f"referrals/{own['sealed_referral']}/open", WHY),
    }
    return {
        what: cast[name].call("POST", f"/api/v1/{path}", body).status_code
        for what, (path, body) in paths.items()
    }


CLOSED = {"escalation": 404, "case": 404, "attachment": 404, "dossier": 404, "referral": 404}
OPEN = CLOSED | {"escalation": 200, "case": 200, "attachment": 200}


def ask(cast: Cast, by: str, to: str) -> Any:
    reader = cast[to].person
    assert reader
    body = WHY | {"person": str(reader.id)}
    return cast[by].call("POST", f"/api/v1/children/{cast.here.ids['child']}/break-glass", body)


def confirm(cast: Cast, by: str, id_: str) -> Any:
    return cast[by].call("POST", f"/api/v1/confirmations/{id_}/confirm")


def queue(cast: Cast, name: str) -> set[str]:
    rows = cast[name].call("GET", "/api/v1/escalations/").json()["results"]
    return {row["id"] for row in rows}


def test_break_glass_opens_one_file_to_one_person_for_a_day_and_grants_no_role(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer, lead = cast["officer"].person, cast["lead"].person
    assert officer
    assert lead
    other, _ = add_child(cast.here, "石阿朵")
    elsewhere = add_escalation(cast.here, other, sealed=True)
    assert ask(cast, "officer", "village_a").status_code == 404, "she works at no desk there"
    assert ask(cast, "officer", "far_officer").status_code == 404
    answer = ask(cast, "officer", "officer")
    assert answer.status_code == 202, answer.content
    id_, roles = answer.json()["id"], queries.roles_of(officer.id, on=timezone.localdate(NOW))
    assert reads(cast, "officer") == CLOSED
    assert confirm(cast, "officer", id_).status_code == 404
    assert confirm(cast, "auditor", id_).status_code == 404
    done = confirm(cast, "lead", id_)
    assert (done.status_code, done.json()["state"]) == (200, "done")
    told = set(
        Notice.objects.filter(key=f"confirmation {id_} done").values_list("person", flat=True)
    )
    wanted = {cast[name].person for name in ("lead", "administrator", "auditor", "officer")}
    assert told == {one.id for one in wanted if one}

    assert reads(cast, "officer") == OPEN
    assert reads(cast, "officer", {"sealed": elsewhere})["escalation"] == 404
    assert str(cast.here.ids["sealed"]) in queue(cast, "officer")
    assert str(elsewhere) not in queue(cast, "officer")
    for name in ("township", "far_officer", "administrator"):
        assert 200 not in reads(cast, name).values(), name
    step = f"/api/v1/escalations/{cast.here.ids['sealed']}/acknowledge"
    assert cast["officer"].call("POST", step, {"revision": 1}).status_code == 404
    assert queries.roles_of(officer.id, on=timezone.localdate(NOW)) == roles
    lines = AuditEntry.objects.filter(actor=officer.id, detail__break_glass=id_)
    assert set(lines.values_list("action", flat=True)) == {
        "escalation.open", "case.unseal", "attachment.open",
    }  # fmt: skip
    opened = AuditEntry.objects.get(action="file.open", subject=cast.here.ids["child"])
    assert (opened.actor, opened.detail["person"]) == (lead.id, str(officer.id))

    # What accuses her own level, or is kept from her by name, stays closed; and it ends by itself.
    row = Escalation.objects.filter(id=cast.here.ids["sealed"])
    for closed, again in (({"skips": "county"}, {"skips": ""}), ({"kept_out": [officer.id]}, {"kept_out": []})):  # fmt: skip
        row.update(**closed)
        assert reads(cast, "officer")["escalation"] == 404, closed
        row.update(**again)
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment + 23 * HOUR)
    assert reads(cast, "officer") == OPEN
    monkeypatch.setattr(clock, "now", lambda: moment + 25 * HOUR)
    assert reads(cast, "officer") == CLOSED


def test_break_glass_takes_another_role_than_the_asking_persons(cast: Cast) -> None:
    second = Caller(person("second", "administrator", HERE, None))
    id_ = ask(cast, "administrator", "township").json()["id"]
    refused = second("POST", f"confirmations/{id_}/confirm")
    assert (refused.status_code, refused.json()["code"]) == (403, "confirmation.role")
    assert confirm(cast, "lead", id_).status_code == 200
    assert reads(cast, "township")["escalation"] == 200
    own = UUID(str(cast.here.ids["child"]))
    assert queries.given("file.open", person=cast["township"].person.id, at=NOW + HOUR) == {own: UUID(id_)}  # fmt: skip


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_the_secure_page_says_who_asks_what_and_why_and_takes_the_decisions(
    cast: Cast, language: str
) -> None:
    officer, child = cast["officer"].person, cast.here.ids["child"]
    assert officer
    page, sheet = "/office/confirmations/", f"/office/children/{child}/"

    def seen(name: str, path: str) -> str:
        answer = cast[name].call("GET", path, language=language)
        assert answer.status_code == 200, path
        return str(answer.content.decode())

    assert f"{sheet}break-glass/" in seen("officer", sheet)
    assert f"{sheet}erase/" not in seen("officer", sheet)
    assert f"{sheet}erase/" in seen("lead", sheet)
    body = WHY | {"person": str(officer.id)}
    assert cast["officer"].call("POST", f"{sheet}break-glass/", body).status_code == 302
    asked = Confirmation.objects.get(kind="file.open")
    decide = f"{page}{asked.id}/"
    shown = seen("lead", page)
    for words in (WHY["reason"], "吴officer", cast.here.marks[0], f"{decide}confirm/", f"{decide}refuse/"):  # fmt: skip
        assert words in shown, words
    own = seen("officer", page)
    assert f"{decide}withdraw/" in own
    assert f"{decide}confirm/" not in own
    assert str(asked.id) not in seen("far_lead", page)
    assert page in seen("lead", sheet), "what waits about the child"
    assert cast["lead"].call("POST", f"{decide}refuse/", {"reason": " "}).status_code == 400
    assert cast["lead"].call("POST", f"{decide}confirm/").status_code == 302
    assert f"{decide}" not in seen("lead", page), "nothing is left to decide"
