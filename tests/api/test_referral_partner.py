"""An organisation's account sees what was referred to it, and nothing else (REFERRALS, partners)."""

from typing import Any

import pytest

from backend.accounts import services as accounts
from backend.audit.models import AuditEntry
from backend.referrals.models import Referral

from .conftest import NOW
from .referred import Office, make, put
from .routes import routes

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(db: Any) -> Office:
    return make()


def test_a_partner_sees_the_referrals_of_her_organisation_alone(office: Office) -> None:
    mine, theirs, draft = office.sent("name"), office.sent("name", to="court"), office.draft()
    desk = office.desk("clinic")
    (row,) = desk.get("partner/referrals/").json()["results"]
    assert row["id"] == str(mine)
    assert "龙小燕" not in str(row)
    for hidden in (theirs, draft):
        answer = desk.get(f"partner/referrals/{hidden}/")
        absent = desk.get(f"partner/referrals/{Referral.objects.get(id=mine).file}/")
        assert (answer.status_code, answer.json()) == (404, absent.json())
        assert office.answer(hidden, "refuse", reason="x").status_code == 404
    assert office.desk("nobody").get("partner/referrals/").json()["count"] == 0
    lines = AuditEntry.objects.filter(actor=office.person("clinic").id)
    assert [line.subject for line in lines] == [mine]


def test_a_partner_is_shown_only_the_chosen_fields_of_a_referral(office: Office) -> None:
    referral = office.sent("sex")
    answer = office.desk("clinic").get(f"partner/referrals/{referral}/")
    assert answer.json()["shown"] == {"sex": "female"}
    body = answer.content.decode()
    for other in ("龙小燕", "2018-03-07", "522630", str(office.child), "施洞", "13800138000", "wu"):
        assert other not in body


def test_a_partner_does_what_is_hers_on_a_referral(office: Office) -> None:
    referral = office.sent()
    assert office.answer(referral, "withdraw", reason="x").json()["fields"] == ["step"]
    assert office.answer(referral, "accept", revision=9).json()["code"] == "stale"
    assert office.answer(referral, "accept").status_code == 200
    lacking = office.answer(referral, "done", outcome="delivered").json()
    assert (lacking["code"], lacking["fields"]) == ("referral.incomplete", ["report"])
    assert office.answer(referral, "done", outcome="delivered", report="已就诊").status_code == 200
    entry = AuditEntry.objects.get(action="referral.done", subject=referral)
    assert entry.actor == office.person("clinic").id
    assert office.detail(referral)["outcome"] == "delivered"


def test_whoever_leaves_the_organisation_or_the_role_sees_no_referral_of_it(office: Office) -> None:
    office.sent()
    assert put(office.desk("admin"), office.clinic, []).status_code == 200
    assert office.desk("clinic").get("partner/referrals/").json()["count"] == 0
    put(office.desk("admin"), office.clinic, [str(office.person("clinic").id)])
    assert office.desk("clinic").get("partner/referrals/").json()["count"] == 1
    grant = office.person("clinic").grants.get()
    accounts.role_end(person=office.person("clinic").id, grant=grant.id, actor=None, now=NOW)
    assert office.desk("clinic").get("partner/referrals/").status_code == 403


def test_only_partner_accounts_of_the_area_can_receive_referrals(office: Office) -> None:
    admin = office.desk("admin")
    for name in ("officer", "stranger"):
        answer = put(admin, office.clinic, [str(office.person(name).id)])
        assert (answer.status_code, answer.json()["code"]) == (409, "organisation.person")


# What any signed-in account may read of the system itself, or of herself.
OWN = {
    "/healthz", "/api/v1/schema", "/api/v1/me", "/api/v1/divisions/", "/api/v1/forms/",
    "/api/v1/partner/referrals/", "/login/", "/", "/office/", "/language/", "/office/partner/",
    "/office/notices/", "/office/notices/contact/", "/api/v1/notices/", "/api/v1/me/contact",
    # Her own: what she asked for or was asked about, her tasks, her log-ins.
    "/api/v1/confirmations/", "/api/v1/tasks/", "/api/v1/me/log-ins/",
}  # fmt: skip


def test_a_partner_gets_nothing_from_any_other_list_than_her_referrals(office: Office) -> None:
    """Over all routes that name nothing; those that name something stand in the scope table."""
    office.sent("sex")
    desk = office.desk("clinic")
    lists = [r.path for r in routes() if r.method == "GET" and "<" not in r.path]
    let_in = [
        path
        for path in lists
        if path not in OWN and "(" not in path and path.startswith("/api/")
        if desk.client.get(path, headers=desk.headers).status_code < 400
    ]
    assert let_in == []
