"""The way of a guardianship case over HTTP (rules.md, "Guardianship case")."""

import datetime as dt

import pytest

from backend.audit.models import AuditEntry
from backend.children import queries as children
from backend.concerns.models import Escalation
from backend.guardianship.models import Case
from sync import rebuild
from sync.models import Operation

from . import cases
from .cases import DAY, TODAY, Office
from .conftest import COUNTY, NOW
from .test_escalations import open_one

WAY_TO_TEMPORARY = ("report_police", "place", "begin_assessment", "take_guardianship")
WAY_TO_COURT = (*WAY_TO_TEMPORARY, "decide", "file_revocation", "court_accepts")


@pytest.fixture
def office(db: None) -> Office:
    return cases.make()


def test_a_case_goes_from_the_concern_to_the_long_term_guardianship(office: Office) -> None:
    case = office.open()
    row = office.take(case, *WAY_TO_COURT, "appoint")
    assert (row.status, row.guardian_kind, row.revoked_on) == (
        "long_term_guardianship", "grandparent", TODAY,
    )  # fmt: skip
    told = office.detail(case)
    assert [step["step"] for step in told["steps"] if step["step"] not in ("assessed", "propose")] == [
        "open", *WAY_TO_COURT, "appoint",
    ]  # fmt: skip
    place = next(step for step in told["steps"] if step["step"] == "place")
    assert (place["said"]["child_wish"], place["name"]) == ("我怕回家", "吴officer")
    assert list(rebuild.differences()) == []
    kinds = set(AuditEntry.objects.filter(subject=case).values_list("action", "county"))
    assert {("case.open", COUNTY), ("case.place", COUNTY), ("case.appoint", COUNTY)} <= kinds


def test_a_case_step_that_is_not_possible_says_which_are_and_what_each_needs(
    office: Office,
) -> None:
    answer = office.step(office.open(), "appoint")
    assert (answer.status_code, answer.json()["code"]) == (409, "case.transition")
    assert (
        "Record the report to the police (Time of the call, Police officer, Police receipt number)"
        in answer.json()["message"]
    )


def test_a_case_step_without_what_it_needs_names_it(office: Office) -> None:
    case = office.open()
    answer = office.step(case, "report_police", receipt=" ", called_at="yesterday")
    assert (answer.status_code, answer.json()["code"]) == (400, "case.incomplete")
    assert answer.json()["fields"] == ["called_at", "receipt"]
    assert "Police receipt number" in answer.json()["message"]
    assert Case.objects.get(id=case).revision == 1


def test_a_case_document_is_a_number_or_an_attachments_hash(office: Office) -> None:
    case = office.open()
    office.take(case, "report_police")
    assert office.step(case, "place", document="").json()["fields"] == ["document"]
    assert office.step(case, "place", document="", document_sha256="x").status_code == 400
    assert office.step(case, "place", document="", document_sha256="ab" * 32).status_code == 200


def test_a_case_step_of_a_lead_waits_until_another_person_approves_it(office: Office) -> None:
    case = office.open()
    office.take(case, "report_police", "place", "begin_assessment")
    office.assess(case, "safety_assessment")
    proposed = office.step(case, "take_guardianship", by="lead").json()
    assert (proposed["state"], proposed["proposed_step"]) == ("assessment", "take_guardianship")
    assert office.step(case, "take_guardianship").json()["code"] == "case.proposal_waits"
    assert office.approve(case, by="officer").status_code == 403
    own = office.approve(case, by="lead")
    assert (own.status_code, own.json()["code"]) == (403, "case.own_proposal")
    assert office.detail(case)["proposal"]["said"]["temporary_ground"] == "hurts"
    assert office.approve(case, by="second_lead").json()["state"] == "temporary_guardianship"
    assert office.approve(case, by="second_lead").json()["code"] == "case.nothing_proposed"


def test_the_only_lead_of_a_county_approves_a_case_step_of_her_own_and_it_is_on_record(
    office: Office,
) -> None:
    office.town.people["second_lead"].grants.all().delete()
    case = office.open()
    assert office.step(case, "close", by="lead").status_code == 200
    assert office.approve(case, by="lead").json()["state"] == "closed"
    assert AuditEntry.objects.get(subject=case, action="case.close").detail["alone"] is True


def test_a_case_step_that_was_sent_back_leaves_the_state_and_keeps_the_reason(
    office: Office,
) -> None:
    case = office.open()
    office.step(case, "close")
    row = Case.objects.get(id=case)
    back = office.desk("lead").post(
        f"cases/{case}/decline", revision=row.revision, reason="回访未满"
    )
    assert (back.json()["state"], back.json()["proposed_step"]) == ("concern", "")
    assert office.detail(case)["steps"][-1]["said"] == {"reason": "回访未满"}


def test_temporary_guardianship_in_a_case_needs_the_safety_assessment(office: Office) -> None:
    case = office.open()
    office.take(case, "report_police", "place", "begin_assessment")
    answer = office.step(case, "take_guardianship")
    assert (answer.status_code, answer.json()["code"]) == (409, "case.assessment")
    assert "Safety assessment" in answer.json()["message"]


def test_the_decision_of_a_case_after_temporary_guardianship_needs_a_new_assessment(
    office: Office,
) -> None:
    case = office.open(observed=(NOW - 10 * DAY).isoformat())
    early = NOW - 9 * DAY
    office.take(case, "report_police", "place", "begin_assessment", observed=early)
    office.assess(case, "guardianship_assessment", observed=early)
    office.take(case, "take_guardianship", observed=NOW - 8 * DAY)
    assert office.step(case, "decide").json()["code"] == "case.assessment"
    office.take(case, "decide")


def test_a_case_counts_its_clocks_from_when_it_happened_and_keeps_when_it_was_received(
    office: Office,
) -> None:
    case = office.open(observed=(NOW - 20 * DAY).isoformat())
    row = office.take(case, "report_police", "place", observed=NOW - 10 * DAY)
    clocks = {clock["code"]: clock for clock in row.clocks}
    full = dt.datetime.fromisoformat(clocks["assessment_full"]["due"])
    assert abs(full - (NOW + 20 * DAY)) < dt.timedelta(seconds=1)
    assert row.since > row.since_observed
    assert office.desk("officer").get("cases/").json()["results"][0]["clock"] == "assessment_first"


def test_an_assessment_ends_the_clock_of_a_case_that_waited_for_it(office: Office) -> None:
    case = office.open()
    row = office.take(case, "report_police", "place")
    assert {c["code"] for c in row.clocks} == {"assessment_first", "assessment_full"}
    office.assess(case, "safety_assessment")
    assert [c["code"] for c in Case.objects.get(id=case).clocks] == ["assessment_full"]
    told = office.detail(case)["assessments"][0]
    assert (told["form"], told["answers"]["child_wish"]) == ("safety_assessment", "我想和外婆住")
    assert list(rebuild.differences()) == []


def test_a_stale_case_step_says_who_was_quicker(office: Office) -> None:
    case = office.open()
    office.step(case, "report_police", by="lead")
    late = office.step(case, "report_police", revision=1).json()
    assert late["code"] == "stale"
    assert "吴lead" in late["message"]


def test_a_child_has_one_open_case(office: Office) -> None:
    office.open()
    again = office.desk("lead").post("cases/", child=str(office.child), reason="再立案")
    assert (again.status_code, again.json()["code"]) == (409, "case.open_already")
    assert Case.objects.count() == 1


def test_a_case_from_an_escalation_makes_it_case_opened(office: Office) -> None:
    row = open_one(office.child)
    case = office.open(escalation=str(row.id))
    row.refresh_from_db()
    assert (row.status, row.acknowledged_by) == ("case_opened", office.town.officer.id)
    assert Case.objects.get(id=case).escalation == row.id
    other = open_one(rule="R11")
    wrong = office.desk("officer").post(
        "cases/", child=str(office.child), reason="x", escalation=str(other.id)
    )
    assert wrong.json()["code"] == "case.escalation"
    assert list(rebuild.differences()) == []
    assert Escalation.objects.get(id=other.id).status == "open"


def test_words_of_a_case_stand_in_no_column(office: Office) -> None:
    office.take(office.open(), *WAY_TO_COURT, "appoint")
    secrets = ("我怕回家", "龙某", "父亲多次打伤孩子", "县福利院", "王警官")
    row = str(Case.objects.values().get())
    bodies = b"".join(bytes(op.body) for op in Operation.objects.all())
    assert not any(secret in row or secret.encode() in bodies for secret in secrets)


def test_guardianship_by_a_case_is_written_into_the_childs_register_and_maintenance_goes_on(
    office: Office,
) -> None:
    """Civil Code 37: who lost guardianship still pays."""
    case = office.open()
    office.take(case, *WAY_TO_TEMPORARY)
    now = children.shown_children([office.child])[office.child]["guardianship"]
    assert (now["form"], now["guardian_kind"], now["carer"], now["maintenance"]) == (
        "temporary", "civil_affairs", "县福利院", "parents",
    )  # fmt: skip
    office.take(case, "decide", "file_revocation", "court_accepts", "appoint")
    later = children.shown_children([office.child])[office.child]["guardianship"]
    assert (later["form"], later["guardian_kind"], later["guardian"]) == (
        "long_term", "grandparent", "外婆",
    )  # fmt: skip
    assert list(rebuild.differences()) == []


def test_a_case_step_cannot_lie_in_the_future_or_before_the_last_one(office: Office) -> None:
    case = office.open()
    ahead = office.step(case, "report_police", observed=NOW + DAY)
    assert (ahead.json()["code"], ahead.json()["fields"]) == ("case.time", ["observed"])
    back = office.step(case, "report_police", observed=NOW - DAY)
    assert (back.json()["code"], back.json()["fields"]) == ("case.time", ["observed"])


def test_a_case_goes_with_its_child_to_the_county_that_took_it_over(office: Office) -> None:
    from backend.regions.models import Division

    from .conftest import OTHER_COUNTY

    for code in (COUNTY, OTHER_COUNTY):
        Division.objects.create(code=code, name=code, level="county")
    case = office.open()
    desk, far = office.desk("officer"), office.desk("stranger")
    assert far.get(f"cases/{case}/").status_code == 404
    offer = desk.post(f"children/{office.child}/transfer", to=OTHER_COUNTY, reason="迁居").json()
    taken = far.post(f"transfers/{offer['id']}/accept", revision=offer["revision"])
    assert taken.status_code == 200, taken.content
    assert far.get(f"cases/{case}/").status_code == 200
    assert desk.get(f"cases/{case}/").status_code == 404
    assert list(rebuild.differences()) == []
