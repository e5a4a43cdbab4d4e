"""A guardianship case in a real browser: from the escalation to the lead's approval, and on paper."""

from typing import Any

import pytest

from backend.accounts.models import Person
from backend.audit.models import AuditEntry
from backend.guardianship.models import Case

from .test_console_browser import log_in, office

__all__ = ["office"]
pytestmark = pytest.mark.slow


def fill(page: Any, step: str, values: dict[str, str], *, submit: bool = True) -> None:
    """Opens a step and answers what it asks for."""
    form = page.locator(f"form[action$='/{step}/']")
    form.locator("xpath=..").locator("summary").click()
    for name, value in values.items():
        field = form.locator(f"[name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    if submit:
        form.locator("button").click()
        page.wait_for_load_state()


def answer(page: Any, form: str, conclusion: str) -> None:
    page.locator(f"form[action$='/assess/{form}/'] button").click()
    page.wait_for_url(f"**/assess/{form}/")
    page.check("[name=assessors][value=police]")
    page.fill("[name=child_wish]", "我想和外婆住")
    page.check(f"[name=conclusion][value={conclusion}]")
    page.locator(".questions button").click()
    page.wait_for_load_state()


def test_a_case_from_the_escalation_to_the_lead_who_approves(
    desk: Any, office: dict[str, Person]
) -> None:
    page = desk()
    log_in(page, "officer")
    page.locator("table.queue .what a").first.click()
    page.locator("form[action$='/case/']").locator("xpath=..").locator("summary").click()
    page.fill("#case-reason", "祖母住院，孩子独自在家")
    page.locator("form[action$='/case/'] button").click()
    page.wait_for_url("**/office/cases/**")
    case = Case.objects.get()

    fill(page, "report_police", {
        "called_at": "2026-01-05T08:00", "police_officer": "王警官", "receipt": "110-0412",
    })  # fmt: skip
    assert "已报公安机关" in page.inner_text("header.case")
    fill(page, "place", {
        "placement_cause": "unattended", "placement": "institution", "carer": "县福利院",
        "handed_over_by": "王警官", "document": "移交单3号", "child_wish": "我想奶奶",
    })  # fmt: skip
    assert "初步评估" in page.inner_text("aside")
    fill(page, "begin_assessment", {"reason": "三方评估"})

    # Without the assessment the step is refused, and what was typed stays.
    asked = {
        "temporary_ground": "missing_guardian", "care_form": "institution", "carer": "县福利院",
        "document": "民监1号", "reason": "祖母病重，父母失联",
    }  # fmt: skip
    fill(page, "take_guardianship", asked)
    assert "安全评估" in page.inner_text("[role=alert]")
    assert page.input_value("#take_guardianship-reason") == "祖母病重，父母失联"
    page.goto(f"/office/cases/{case.id}/")
    answer(page, "safety_assessment", "unsafe")
    fill(page, "take_guardianship", asked)
    assert "待负责人批准：承担临时监护" in page.inner_text(".proposal")
    assert page.locator(".proposal form[action$='/approve/']").count() == 0

    lead = desk()
    log_in(lead, "lead")
    lead.goto("/office/cases/?proposed=on")
    lead.locator("table.queue .what a").click()
    lead.fill("#note", "同意")
    lead.locator("form[action$='/approve/'] button").click()
    lead.wait_for_load_state()
    case.refresh_from_db()
    assert case.status == "temporary_guardianship"
    assert "临时监护一年期限" in lead.inner_text("aside")


def test_each_form_of_a_case_is_one_page_to_print_and_on_the_log(
    desk: Any, office: dict[str, Person]
) -> None:
    from backend.concerns.models import Escalation
    from backend.guardianship import services
    from fieldforms.vocabulary import codes
    from tests.api.conftest import NOW

    row = Escalation.objects.filter(sealed=False).first()
    assert row
    case = services.case_open(
        child=row.file, escalation=row.id, reason="独自在家", actor=office["officer"].id, now=NOW
    )
    page = desk()
    log_in(page, "officer")
    for form in codes("case_sheet"):
        page.goto(f"/office/cases/{case.id}/sheet/{form}/")
        assert page.locator(".sheet h1").inner_text()
        assert "龙小燕" in page.inner_text(".sheet") or "吴小勇" in page.inner_text(".sheet")
    said = AuditEntry.objects.filter(subject=case.id, action="case.print")
    assert sorted(entry.detail["form"] for entry in said) == sorted(codes("case_sheet"))
