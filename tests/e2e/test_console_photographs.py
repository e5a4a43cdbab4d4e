"""Photographs beside the words they were taken with, and the list of those that have not come."""

import datetime as dt
import re

import pytest
from django.test import Client

from backend.audit.models import AuditEntry
from sync.models import Attachment
from tests.api.conftest import COUNTY, person
from tests.api.test_attachments import Case, bring, declared, folder, photo  # noqa: F401
from tests.api.town import CAST, Town

from . import cases


@pytest.fixture
def case(transactional_db: None) -> Case:
    cases.county(dt.datetime.now(dt.UTC))
    people = {name: person(name, role, prefix, None) for name, (role, prefix) in CAST.items()}
    return Case(Town(people | {"lead": person("lead", "county_lead", COUNTY, None)}))


def seated(case: Case, name: str) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(case.town.people[name], backend="django.contrib.auth.backends.ModelBackend")
    return client


def escalations(client: Client) -> list[str]:
    page = client.get("/office/queue/").content.decode()
    return sorted(set(re.findall(r"/office/escalations/[0-9a-f-]+/", page)))


def test_an_escalation_shows_what_has_come_and_says_what_has_not(case: Case) -> None:
    case.say("concern.raise", kind="other", attachments=declared(photo(), photo(1)))
    attachment = bring(case.phone, photo())
    officer = seated(case, "officer")
    (address,) = escalations(officer)
    page = officer.get(address).content.decode()
    assert "1 of 2 photographs pending" in page
    assert page.count("data:image/jpeg;base64,") == 1
    shown = officer.post(f"/office/photographs/{attachment.id}/")
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/jpeg")
    looks = AuditEntry.objects.filter(action="attachment.read", subject=attachment.id)
    assert [look.detail["what"] for look in looks.order_by("id")] == ["thumbnail", "view"]


def test_a_sealed_photograph_is_on_the_page_that_was_opened_with_a_reason(case: Case) -> None:
    case.say("visit.sealed", answers={"sexual_danger": "yes"}, attachments=declared(photo()))
    attachment = bring(case.phone, photo())
    assert attachment.sealed
    lead = seated(case, "lead")
    (address,) = escalations(lead)
    assert "data:image/jpeg" not in lead.get(address).content.decode()
    page = lead.post(address, {"because": "核实情况"}).content.decode()
    assert page.count("data:image/jpeg;base64,") == 1
    assert lead.get(f"/office/photographs/{attachment.id}/").status_code == 403
    opened = lead.post(f"/office/photographs/{attachment.id}/", {"because": "核实情况"})
    assert opened.headers["Content-Type"] == "image/jpeg"
    assert {
        line.detail["reason"] for line in AuditEntry.objects.filter(action="attachment.open")
    } == {"核实情况"}


def test_what_has_not_come_is_listed_and_closed_with_a_reason(case: Case) -> None:
    case.visit(photo())
    waiting = Attachment.objects.get()
    admin = seated(case, "admin")
    page = admin.get("/office/photographs/").content.decode()
    assert ("吴wu" in page, "龙小燕" in page) == (True, False)
    refused = admin.post(f"/office/photographs/{waiting.id}/lost/", {"reason": ""})
    assert refused.status_code == 403
    closed = admin.post(
        f"/office/photographs/{waiting.id}/lost/", {"reason": "手机损坏"}, follow=True
    )
    assert "No photograph is waited for" in closed.content.decode()
    assert seated(case, "wu").get("/office/photographs/").status_code == 403
