"""What law allows in a case: grounds, protection orders, restoration (rules.md, "Guardianship case")."""

import datetime as dt
import io
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from backend.common import clock
from backend.guardianship import services
from backend.guardianship.clocks import day_months_after
from backend.guardianship.errors import LimitUnknown
from backend.guardianship.models import Case, ProtectionOrder
from sync import rebuild

from . import cases
from .cases import DAY, ORDER, TODAY, Office
from .conftest import COUNTY, NOW
from .test_case_steps import WAY_TO_COURT, WAY_TO_TEMPORARY


@pytest.fixture
def office(db: None) -> Office:
    return cases.make()


def long_ago(office: Office, months: int, **appointed: Any) -> UUID:
    """A case whose judgment was given so many months ago."""
    day = day_months_after(TODAY, -months)
    at = NOW - (TODAY - day)
    case = office.open(observed=at.isoformat())
    office.take(case, *WAY_TO_COURT, observed=at)
    answer = office.step(case, "appoint", observed=at, **appointed)
    assert answer.status_code == 200, answer.content
    return case


@pytest.mark.parametrize(("months", "allowed"), [(2, False), (3, True), (12, True), (13, False)])
def test_restoration_in_a_case_is_applied_for_from_three_months_to_one_year_after(
    office: Office, months: int, allowed: bool
) -> None:
    """2014 Opinions 38."""
    answer = office.step(long_ago(office, months), "apply_restoration")
    assert (answer.status_code == 200) is allowed, answer.content
    if not allowed:
        assert answer.json()["code"] == "case.restoration"
        assert "2014 Opinions, Article 38" in answer.json()["message"]


def test_after_an_intentional_crime_a_case_knows_no_restoration_and_says_the_article(
    office: Office,
) -> None:
    """Civil Code 38."""
    case = long_ago(office, 6, intentional_crime="yes")
    assert Case.objects.get(id=case).clocks == []
    answer = office.step(case, "apply_restoration")
    assert (answer.status_code, answer.json()["code"]) == (409, "case.restoration")
    assert "Civil Code, Article 38" in answer.json()["message"]


def test_a_crime_that_comes_out_later_ends_the_restoration_of_a_case(office: Office) -> None:
    case = long_ago(office, 6)
    office.take(case, "apply_restoration", "record_crime")
    assert office.step(case, "restore").json()["code"] == "case.restoration"
    office.take(case, "refuse_restoration")
    assert Case.objects.get(id=case).status == "long_term_guardianship"


def test_restored_guardianship_goes_on_as_a_return_with_monitoring(office: Office) -> None:
    case = long_ago(office, 6)
    row = office.take(case, "apply_restoration", "restore")
    assert (row.status, row.monitor_days, row.revoked_on) == ("returned", 7, None)
    assert list(rebuild.differences()) == []


def test_begging_grounds_a_revocation_in_a_case_after_three_warnings_by_authorities(
    office: Office,
) -> None:
    """2014 Opinions 35 (5)."""
    case = office.open()
    office.take(case, *WAY_TO_TEMPORARY, "decide")
    for by in ("police", "civil_affairs", "supervisor"):
        assert office.warn(case, by=by).status_code == 201
    answer = office.step(case, "file_revocation", revocation_grounds=["begging"])
    assert (answer.status_code, answer.json()["code"]) == (409, "case.ground")
    assert "at least 3 records of warnings" in answer.json()["message"]
    office.warn(case, by="protection_institution")
    office.take(case, "file_revocation", revocation_grounds=["begging"])
    assert [w["by"] for w in office.detail(case)["warnings"]][:2] == ["police", "civil_affairs"]


@pytest.mark.parametrize(
    ("grounds", "given", "lacking"),
    [
        (["refused"], {"refused_since": str(TODAY - 100 * DAY), "destitute": "yes"}, "6 months"),
        (["refused"], {"refused_since": str(TODAY - 300 * DAY), "destitute": "no"}, "destitute"),
        (["incapable"], {"delegation_refused": "no"}, "refused to delegate"),
        (["unsupervised"], {}, "education of the guardian"),
        (["refused"], {"refused_since": str(TODAY - 300 * DAY), "destitute": "yes"}, ""),
        (["incapable", "harm"], {"delegation_refused": "yes"}, ""),
    ],
)
def test_each_ground_of_a_case_has_its_own_conditions(
    office: Office, grounds: list[str], given: dict[str, str], lacking: str
) -> None:
    """2014 Opinions 35."""
    case = office.open()
    office.take(case, *WAY_TO_TEMPORARY, "decide")
    answer = office.step(case, "file_revocation", revocation_grounds=grounds, **given)
    if lacking:
        assert answer.json()["code"] == "case.ground"
        assert lacking in answer.json()["message"]
    else:
        assert answer.status_code == 200, answer.content


def apply(office: Office, case: UUID, **more: Any) -> ProtectionOrder:
    body: dict[str, Any] = {"given": ORDER | more.pop("given", {}), **more}
    answer = office.desk("officer").post(f"cases/{case}/protection-orders/", **body)
    assert answer.status_code == 201, answer.content
    return ProtectionOrder.objects.get(id=answer.json()["id"])


def order_step(office: Office, order: ProtectionOrder, step: str, **more: Any) -> Any:
    order.refresh_from_db()
    body: dict[str, Any] = {"revision": order.revision, "step": step}
    if "observed" in more:
        body["observed"] = more.pop("observed").isoformat()
    path = f"cases/protection-orders/{order.id}/steps"
    return office.desk("officer").post(path, **body, given={"document": "民保令1号", **more})


def test_a_protection_order_runs_beside_a_case_and_the_court_has_its_hours(office: Office) -> None:
    """Anti-Domestic Violence Law 28."""
    case = office.open()
    before = clock.now()
    order = apply(office, case, given={"urgent": "yes"})
    assert order.next_due
    assert before + DAY <= order.next_due <= clock.now() + DAY
    office.take(case, "report_police", "place")
    listed = office.desk("officer").get("cases/", clock="protection_court").json()["results"]
    assert [row["clock"] for row in listed] == ["protection_court"]
    assert order_step(office, order, "issue", valid_until=str(TODAY + 60 * DAY)).status_code == 200
    row = Case.objects.get(id=case)
    assert (row.status, row.revision) == ("emergency_placement", 3)
    told = office.detail(case)["orders"][0]
    assert (told["status"], told["possible"]) == ("issued", ["extend", "end"])
    assert list(rebuild.differences()) == []


def test_a_protection_order_of_a_case_is_valid_for_six_months_at_most_each_time(
    office: Office,
) -> None:
    """Anti-Domestic Violence Law 30."""
    case = office.open()
    order = apply(office, case)
    limit = day_months_after(TODAY, 6)
    late = order_step(office, order, "issue", valid_until=str(limit + DAY))
    assert (late.json()["code"], late.json()["fields"]) == ("case.time", ["valid_until"])
    assert order_step(office, order, "issue", valid_until=str(limit)).status_code == 200
    more = {"applied_on": str(TODAY), "valid_until": str(day_months_after(limit, 6) + DAY)}
    assert order_step(office, order, "extend", **more).status_code == 400
    more["valid_until"] = str(day_months_after(limit, 6))
    assert order_step(office, order, "extend", **more).status_code == 200
    order.refresh_from_db()
    assert (order.extensions, str(order.valid_until)) == (1, more["valid_until"])


def test_the_extension_of_a_protection_order_in_a_case_is_applied_for_before_its_end(
    office: Office,
) -> None:
    case = office.open(observed=(NOW - 60 * DAY).isoformat())
    order = apply(office, case, observed=(NOW - 60 * DAY).isoformat())
    order_step(office, order, "issue", valid_until=str(TODAY - 5 * DAY), observed=NOW - 59 * DAY)
    until = str(TODAY + 60 * DAY)
    late = order_step(office, order, "extend", applied_on=str(TODAY - DAY), valid_until=until)
    assert late.json()["fields"] == ["applied_on"]
    in_time = order_step(
        office, order, "extend", applied_on=str(TODAY - 9 * DAY), valid_until=until
    )
    assert in_time.status_code == 200, in_time.content


def test_a_case_is_not_closed_while_a_protection_order_runs_and_has_one_at_a_time(
    office: Office,
) -> None:
    case = office.open()
    order = apply(office, case)
    again = office.desk("officer").post(f"cases/{case}/protection-orders/", given=ORDER)
    assert (again.status_code, again.json()["code"]) == (409, "protection_order.running")
    assert office.step(case, "close").json()["code"] == "protection_order.running"
    order_step(office, order, "refuse", reason="证据不足")
    office.take(case, "close")
    closed = office.desk("officer").post(f"cases/{case}/protection-orders/", given=ORDER)
    assert (closed.status_code, closed.json()["code"]) == (409, "case.transition")
    assert office.step(case, "report_police").json()["message"].endswith("It is closed for good.")


def test_a_county_sets_its_own_limits_of_a_case_and_clocks_that_run_keep_theirs(
    office: Office,
) -> None:
    first = office.take(office.open(), "report_police", "place")
    before = first.clocks
    services.limits_configure(
        county=COUNTY, overrides={"assessment_full_days": 20}, actor=None, now=NOW
    )
    first.refresh_from_db()
    assert first.clocks == before
    other = office.town.child("石阿朵")
    body = {"child": str(other), "reason": "无人照料"}
    case = UUID(office.desk("officer").post("cases/", **body).json()["id"])
    row = office.take(case, "report_police", "place")
    full = next(c for c in row.clocks if c["code"] == "assessment_full")
    length = dt.datetime.fromisoformat(full["due"]) - row.since_observed
    assert abs(length - 20 * DAY) < dt.timedelta(seconds=1)
    with pytest.raises(LimitUnknown):
        services.limits_configure(county=COUNTY, overrides={"nothing": 1}, actor=None, now=NOW)


@pytest.mark.django_db
def test_the_limits_of_cases_are_set_by_a_command_that_says_what_it_does_not_know() -> None:
    told = io.StringIO()
    call_command("case_limits", COUNTY, "acceptance_days=5", stdout=told)
    assert "acceptance_days=5" in told.getvalue()
    assert "assessment_full_days=30" in told.getvalue()
    for wrong in ("nothing=1", "acceptance_days=0", "acceptance_days"):
        with pytest.raises(CommandError):
            call_command("case_limits", COUNTY, wrong)
