"""The escalation queue over HTTP: who sees what, the steps, and what each refusal says."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from backend.accounts.models import Person
from backend.audit.models import AuditEntry
from backend.concerns.models import Escalation, Feedback, Finding
from sync.entries import Draft
from sync.protocol import ids
from sync.push import submit

from .conftest import COUNTY, NOW, OTHER_COUNTY, PASSWORD, VILLAGE, HttpPhone, person
from .test_sync import register

HOUR = dt.timedelta(hours=1)
TOWNSHIP = VILLAGE[:9]
SERVER = UUID(int=0)


class OfficeUser:
    """Somebody logged in at a desk."""

    def __init__(self, who: Person) -> None:
        self.id = who.id
        self.client = Client()
        answer = self.client.post(
            "/api/v1/auth/login",
            {"username": who.username, "password": PASSWORD},
            content_type="application/json",
        )
        self.headers = {
            "authorization": f"Token {answer.json()['token']}",
            "accept-language": "en",
        }

    def get(self, path: str = "", **query: Any) -> Any:
        return self.client.get(f"/api/v1/escalations/{path}", query, headers=self.headers)

    def post(self, path: str, **body: Any) -> Any:
        return self.client.post(
            f"/api/v1/escalations/{path}",
            body,
            content_type="application/json",
            headers=self.headers,
        )


@pytest.fixture
def officer(transactional_db: None) -> OfficeUser:
    return OfficeUser(person("officer", "county_officer", COUNTY))


@pytest.fixture
def lead(transactional_db: None) -> OfficeUser:
    return OfficeUser(person("lead", "county_lead", COUNTY))


@pytest.fixture
def township(transactional_db: None) -> OfficeUser:
    return OfficeUser(person("township", "township_supervisor", TOWNSHIP))


@pytest.fixture
def stranger(transactional_db: None) -> OfficeUser:
    return OfficeUser(person("stranger", "county_lead", OTHER_COUNTY))


def open_one(child: UUID | None = None, **data: Any) -> Escalation:
    """An escalation, opened by a finding as the server records it."""
    file, op = child or ids.uuid7(NOW), ids.uuid7(NOW)
    data = {
        "rule": "R10", "rule_version": 1, "branch": 0, "severity": "critical",
        "source": "server", "sealed": False, "by_hand": False, "basis": ["MPL 21"],
        "observed": (NOW - 48 * HOUR).isoformat(), "received": NOW.isoformat(),
        "cause": str(ids.uuid7(NOW)), "to": ["police"], "deadline": NOW.isoformat(),
        "division": VILLAGE, "facts": {"no_adult_now": True}, "title": {"zh": "无人照看"},
        "do": {"en": "Call 110 now"}, "lesson": "young-children-alone", **data,
    }  # fmt: skip
    draft = Draft(
        op=op, person=SERVER, kind="finding.record", target=ids.derived(op, "finding"), file=file,
        data=data, at=NOW,
    )  # fmt: skip
    # A file exists before anything of the office is written to it: a note of concern opens it.
    if child is None:
        opening = Draft(
            op=ids.uuid7(NOW), person=SERVER, kind="child.register", target=file, file=file,
            data={"set": {"residence": {"v": {"division": VILLAGE}, "saw": []},
                          "identity": {"v": {"name": "龙小燕", "birth_date": "2019-05-01"},
                                       "saw": []}}},
            at=NOW,
        )  # fmt: skip
        submit([opening], now=NOW)
    (receipt,) = submit([draft], now=NOW)
    assert receipt.outcome == "applied", receipt
    return Escalation.objects.get(findings__contains=[draft.target])


def test_a_finding_opens_an_escalation_that_the_county_sees(officer: OfficeUser) -> None:
    row = open_one()
    page = officer.get().json()
    assert page["count"] == 1
    (item,) = page["results"]
    assert item["id"] == str(row.id)
    assert (item["name"], item["rules"], item["severity"]) == ("龙小燕", ["R10"], "critical")
    assert item["late"] == "2 00:00:00"
    assert AuditEntry.objects.filter(
        action="escalation.list", subject=row.file, county=COUNTY, actor=officer.id
    ).exists()


@pytest.mark.parametrize("path", ["", "counts"])
def test_the_other_county_sees_nothing(stranger: OfficeUser, path: str) -> None:
    row = open_one()
    body = stranger.get(path).json()
    assert body.get("count", body.get("total")) == 0
    unknown = stranger.get(f"{ids.uuid7(NOW)}/")
    hidden = stranger.get(f"{row.id}/")
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.json() == unknown.json()
    step = stranger.post(f"{row.id}/acknowledge", revision=1)
    assert (step.status_code, step.json()["code"]) == (404, "not_found")
    assert Escalation.objects.get(id=row.id).status == "open"


def test_only_those_who_work_escalations_are_let_in(administrator: Person) -> None:
    assert OfficeUser(administrator).get().status_code == 403
    assert Client().get("/api/v1/escalations/").status_code == 401


def test_the_next_deadline_stands_first_and_filters_narrow(officer: OfficeUser) -> None:
    later = open_one(rule="R11", severity="high", deadline=(NOW + 24 * HOUR).isoformat())
    sooner = open_one()

    def listed(**query: Any) -> list[str]:
        return [item["id"] for item in officer.get(**query).json()["results"]]

    assert listed() == [str(sooner.id), str(later.id)]
    assert listed(severity="high") == [str(later.id)]
    assert listed(rule="R10") == [str(sooner.id)]
    assert listed(overdue="true") == [str(sooner.id)]
    assert listed(division=TOWNSHIP) == [str(sooner.id), str(later.id)]
    assert listed(division="522630999") == []
    assert listed(status="resolved") == []
    wrong = officer.get(status="nonsense")
    assert (wrong.status_code, wrong.json()["fields"]) == (400, ["status"])
    assert officer.get(division="5226301").json()["code"] == "division.code_malformed"
    assert officer.get("counts").json() == {
        "total": 2, "overdue": 1, "due_today": officer.get("counts").json()["due_today"],
        "unassigned": 2, "status": {"open": 2}, "severity": {"high": 1, "critical": 1},
    }  # fmt: skip


def test_the_township_sees_its_own_but_nothing_sealed(
    township: OfficeUser, officer: OfficeUser, lead: OfficeUser
) -> None:
    plain = open_one()
    sealed = open_one(plain.file, sealed=True, rule="R5")
    assert sealed.id != plain.id
    for blind in (township, officer):
        assert [item["id"] for item in blind.get().json()["results"]] == [str(plain.id)]
        assert blind.get("counts").json()["total"] == 1
        assert blind.get(f"{sealed.id}/").status_code == 404
        assert blind.post(f"{sealed.id}/open", reason="curious").status_code == 404
        assert blind.get(rule="R5").json()["count"] == 0
    rows = {item["id"]: item for item in lead.get().json()["results"]}
    assert set(rows) == {str(plain.id), str(sealed.id)}
    hidden = rows[str(sealed.id)]
    assert (hidden["child"], hidden["name"], hidden["rules"]) == (None, "", [])


def test_opening_a_sealed_one_needs_a_reason_that_is_kept(lead: OfficeUser) -> None:
    row = open_one(sealed=True, rule="R5")
    refused = lead.get(f"{row.id}/")
    assert (refused.status_code, refused.json()["code"]) == (403, "escalation.reason")
    assert lead.post(f"{row.id}/open", reason=" ").status_code == 400
    assert not AuditEntry.objects.filter(subject=row.id).exists()
    opened = lead.post(f"{row.id}/open", reason="案件复核")
    assert opened.json()["findings"][0]["rule"] == "R5"
    entry = AuditEntry.objects.get(subject=row.id, action="escalation.open")
    assert (entry.actor, entry.county, entry.detail["reason"]) == (lead.id, COUNTY, "案件复核")


def test_the_steps_from_open_to_resolved(officer: OfficeUser, lead: OfficeUser) -> None:
    row = open_one()
    assert officer.post(f"{row.id}/acknowledge", revision=1).json()["status"] == "acknowledged"
    assigned = officer.post(f"{row.id}/assign", revision=2, assigned_to=str(lead.id))
    assert assigned.json()["revision"] == 3
    assert lead.post(f"{row.id}/start", revision=3).json()["status"] == "in_progress"
    ended = lead.post(
        f"{row.id}/resolve", revision=4, outcome="placed", reason="外婆家", feedback="孩子已安置"
    )
    assert ended.json()["status"] == "resolved", ended.json()
    detail = officer.get(f"{row.id}/").json()
    assert [step["kind"] for step in detail["steps"]] == [
        "escalation.open", "escalation.acknowledge", "escalation.assign", "escalation.start",
        "escalation.resolve",
    ]  # fmt: skip
    assert detail["steps"][1]["name"] == "吴officer"
    assert detail["steps"][2]["assignee"] == "吴lead"
    assert (detail["outcome"], detail["steps"][4]["reason"]) == ("placed", "外婆家")
    finding = detail["findings"][0]
    assert finding["facts"] == {"no_adult_now": True}
    assert (finding["do"], finding["basis"]) == ({"en": "Call 110 now"}, ["MPL 21"])
    assert Feedback.objects.get().escalation == row.id
    actions = set(AuditEntry.objects.filter(subject=row.id).values_list("action", "county"))
    assert {
        (f"escalation.{step}", COUNTY) for step in ("acknowledge", "assign", "start", "resolve")
    } <= actions


def test_a_stale_revision_says_who_was_quicker_and_when(
    officer: OfficeUser, lead: OfficeUser
) -> None:
    row = open_one()
    lead.post(f"{row.id}/acknowledge", revision=1)
    late = officer.post(f"{row.id}/acknowledge", revision=1)
    assert (late.status_code, late.json()["code"]) == (409, "stale")
    assert "吴lead" in late.json()["message"]
    assert f"{dt.datetime.now().year}-" in late.json()["message"]  # noqa: DTZ005


def test_an_impossible_step_lists_the_possible_ones(officer: OfficeUser) -> None:
    row = open_one()
    early = officer.post(f"{row.id}/start", revision=1)
    assert (early.status_code, early.json()["code"]) == (409, "escalation.transition")
    assert "Acknowledged" in early.json()["message"]


def test_a_township_may_take_it_on_but_ends_only_what_it_was_given(
    township: OfficeUser, officer: OfficeUser
) -> None:
    row = open_one()
    end = {"outcome": "settled", "reason": "查看过", "feedback": "谢谢"}
    assert township.post(f"{row.id}/acknowledge", revision=1).status_code == 200
    mine = township.post(f"{row.id}/assign", revision=2, assigned_to=str(township.id))
    assert (mine.status_code, mine.json()["code"]) == (403, "not_allowed")
    assert township.post(f"{row.id}/resolve", revision=2, **end).status_code == 403
    officer.post(f"{row.id}/assign", revision=2, assigned_to=str(township.id))
    assert township.post(f"{row.id}/resolve", revision=3, **end).status_code == 200


def test_it_is_assigned_only_to_somebody_whose_area_covers_it(
    officer: OfficeUser, stranger: OfficeUser, lead: OfficeUser, supervisor: Person
) -> None:
    row = open_one()
    officer.post(f"{row.id}/acknowledge", revision=1)
    for unsuited in (stranger.id, supervisor.id, ids.uuid7(NOW)):
        answer = officer.post(f"{row.id}/assign", revision=2, assigned_to=str(unsuited))
        assert (answer.status_code, answer.json()["code"]) == (409, "escalation.assignee")
    sealed = open_one(sealed=True)
    lead.post(f"{sealed.id}/acknowledge", revision=1)
    answer = lead.post(f"{sealed.id}/assign", revision=2, assigned_to=str(officer.id))
    assert answer.json()["code"] == "escalation.assignee"


def test_ending_needs_words_and_a_sealed_one_sends_none(lead: OfficeUser) -> None:
    row = open_one()
    lead.post(f"{row.id}/acknowledge", revision=1)
    answer = lead.post(f"{row.id}/unfounded", revision=2, reason="查无此事")
    assert (answer.status_code, answer.json()["fields"]) == (400, ["feedback"])
    wrong = lead.post(f"{row.id}/resolve", revision=2, outcome="no", reason="a", feedback="b")
    assert (wrong.status_code, wrong.json()["fields"]) == (400, ["outcome"])
    sealed = open_one(sealed=True)
    lead.post(f"{sealed.id}/acknowledge", revision=1)
    told = lead.post(f"{sealed.id}/unfounded", revision=2, reason="a", feedback="b")
    assert told.json()["code"] == "escalation.feedback_sealed"
    assert lead.post(f"{sealed.id}/unfounded", revision=2, reason="a").status_code == 200
    assert not Feedback.objects.exists()


def test_feedback_reaches_the_reporters_phone_with_her_next_pull(
    http_phone: HttpPhone, officer: OfficeUser
) -> None:
    child = register(http_phone)
    http_phone.sync(*http_phone.log)
    http_phone.sync()
    row = open_one(child)
    (opened,) = http_phone.sync()["changes"]
    assert (opened["type"], opened["level"]) == ("open_danger", "RED")
    officer.post(f"{row.id}/acknowledge", revision=1)
    officer.post(
        f"{row.id}/resolve", revision=2, outcome="placed", reason="内部", feedback="已接到外婆家"
    )
    told, ended = sorted(http_phone.sync()["changes"], key=lambda record: record["type"])
    assert (ended["type"], ended["level"], ended["because"]) == ("open_danger", "", [])
    assert (told["type"], told["text"], told["outcome"]) == ("feedback", "已接到外婆家", "placed")
    assert "内部" not in str(told)
    assert "changes" not in http_phone.sync()


@pytest.mark.parametrize("rows", [1, 12])
def test_a_page_costs_the_same_however_long(
    officer: OfficeUser, rows: int, django_assert_num_queries: Any
) -> None:
    for _ in range(rows):
        open_one()
    officer.get()
    # One of them asks what is opened to her in an emergency.
    with django_assert_num_queries(14):
        assert len(officer.get().json()["results"]) == rows


@pytest.mark.parametrize("findings", [1, 8])
def test_a_detail_costs_the_same_however_much_evidence(
    officer: OfficeUser, findings: int, django_assert_num_queries: Any
) -> None:
    row = open_one()
    for _ in range(findings - 1):
        open_one(row.file)
    assert Finding.objects.count() == findings
    with django_assert_num_queries(21):
        assert len(officer.get(f"{row.id}/").json()["findings"]) == findings
