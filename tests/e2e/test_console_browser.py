"""The office in a real browser: the queue, one escalation to its end, two officers at once."""

import datetime as dt
from typing import Any

import pytest

from backend.accounts.models import Person
from backend.audit.models import AuditEntry
from backend.concerns.models import Escalation
from tests.api.conftest import PASSWORD

from . import cases
from .cases import Case

pytestmark = pytest.mark.slow
ALONE = Case(
    name="龙小燕", born="2020-03-07", village=cases.VILLAGE, observed=50, received=1,
    answers={
        "child_seen": "yes", "adult_with_child_now": "no", "lives_alone": "no",
        "special_needs": "no",
        "child_words": "奶奶去医院了，我一个人在家。", "facts_observed": "灶是冷的，门没有锁。",
        "police_called": "yes", "police_receipt": "110-0412",
    },
    shared={"guardian_event": "hospital"},
)  # fmt: skip
SCHOOL = Case(
    name="吴小勇", born="2014-09-01", village="522630001217",
    answers={
        "school_status": "dropped_out", "compulsory_completed": "no",
        "child_words": "不想去学校。",
    },
)  # fmt: skip
SEALED = Case(
    name="杨小兰", born="2012-05-05", village=cases.VILLAGE,
    answers={"child_seen": "yes"}, sealed={"sexual_danger": "yes"},
)  # fmt: skip


@pytest.fixture
def office(office_address: str) -> dict[str, Person]:
    now = dt.datetime.now(dt.UTC)
    cases.county(now)
    people = {
        "supervisor": ("石桂花", "village_supervisor", cases.VILLAGE),
        "officer": ("杨明", "county_officer", cases.COUNTY),
        "lead": ("吴志强", "county_lead", cases.COUNTY),
        "stranger": ("张伟", "county_lead", cases.OTHER_COUNTY),
    }
    made = {
        username: cases.somebody(username, name, role, area, now)
        for username, (name, role, area) in people.items()
    }
    for case in (SCHOOL, ALONE, SEALED):
        cases.happened(case, by=made["supervisor"].id, now=now)
    return made


def log_in(page: Any, username: str) -> None:
    page.goto("/")
    page.fill("#id_username", username)
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/office/queue/")


def names(page: Any) -> list[str]:
    return [text.strip() for text in page.locator("table.queue td.child b").all_inner_texts()]


def test_from_the_queue_to_the_resolution(desk: Any, office: dict[str, Person]) -> None:
    page = desk()
    log_in(page, "officer")
    assert names(page) == ["龙小燕", "吴小勇"]
    first = page.locator("table.queue tbody tr").first
    assert "低龄或有特殊需要的儿童无人照看" in first.inner_text()
    assert "已超时" in first.inner_text()
    assert "台江县施洞镇小河村" in first.inner_text()

    first.get_by_role("link").click()
    page.wait_for_url("**/office/escalations/**")
    shown = page.inner_text("main")
    for words in (
        "孩子身边没有成年人", "判断所依据的年龄（不明按0岁）：6", "立即拨打110", "奶奶去医院了，我一个人在家。", "晚到 2 天",
        "已报警，石桂花", "110-0412", "《未成年人保护法》第二十一条",
    ):  # fmt: skip
        assert words in shown, words
    assert "孩子身边没有成年人" in page.locator(".facts li:not(.not)").all_inner_texts()
    assert page.locator(".facts li.not").all_inner_texts() == ["离不开人照看：否"]
    assert AuditEntry.objects.filter(action="escalation.read", actor=office["officer"].id).exists()

    page.get_by_role("button", name="受理", exact=True).click()
    page.get_by_role("status").get_by_text("已受理。").wait_for()
    page.select_option("#assigned_to", label="杨明 （我）")
    page.get_by_role("button", name="分派").click()
    page.get_by_role("status").get_by_text("已分派。").wait_for()
    page.locator("summary", has_text="办结").click()
    page.select_option("#outcome", "placed")
    page.fill("#resolve-reason", "已送到外婆家，派出所在场。")
    page.fill("#resolve-feedback", "孩子已由外婆照看，谢谢您。")
    page.get_by_role("button", name="办结").click()
    page.get_by_role("status").get_by_text("已办结").wait_for()
    row = Escalation.objects.get(outcome="placed")
    assert (row.status, row.assigned_to) == ("resolved", office["officer"].id)
    assert "孩子已由外婆照看" in page.inner_text(".timeline")

    page.get_by_role("link", name="返回队列").click()
    page.wait_for_url("**/office/queue/**")
    assert names(page) == ["吴小勇"]


def test_filters_narrow_the_list_in_place(desk: Any, office: dict[str, Person]) -> None:
    page = desk(language="en-GB")
    log_in(page, "officer")
    page.evaluate("document.body.dataset.kept = 'yes'")
    page.select_option("select[name=severity]", "medium")
    page.wait_for_url("**severity=medium**")
    assert names(page) == ["吴小勇"]
    assert page.evaluate("document.body.dataset.kept") == "yes"
    page.select_option("select[name=division]", "522630101")
    page.get_by_text("No escalation fits.").wait_for()
    page.go_back()
    page.wait_for_url("**severity=medium**")
    assert page.locator("table.queue td.child b").first.inner_text() == "吴小勇"
    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "小" not in kept, "the browser keeps a page with names"


def test_without_a_script_the_filters_work_too(
    browser: Any, office: Any, office_address: str
) -> None:
    context = browser.new_context(base_url=office_address, java_script_enabled=False)
    page = context.new_page()
    log_in(page, "officer")
    page.select_option("select[name=severity]", "medium")
    page.locator("form.filters button").click()
    page.wait_for_url("**severity=medium**")
    assert names(page) == ["吴小勇"]
    context.close()


def test_the_slower_officer_is_told_who_was_quicker(desk: Any, office: dict[str, Person]) -> None:
    quick, slow = desk(), desk()
    for page, username in ((quick, "lead"), (slow, "officer")):
        log_in(page, username)
        page.get_by_role("link", name="低龄或有特殊需要的儿童无人照看").click()
        page.wait_for_url("**/office/escalations/**")
    for page in (quick, slow):
        page.get_by_role("button", name="受理", exact=True).click()
    assert "吴志强已于" in slow.get_by_role("alert").inner_text()
    assert slow.get_by_role("button", name="受理", exact=True).count() == 0
    assert slow.get_by_role("button", name="分派").is_visible()


def test_words_that_were_typed_survive_a_refusal(desk: Any, office: dict[str, Person]) -> None:
    quick, slow = desk(), desk()
    log_in(quick, "lead")
    quick.get_by_role("link", name="低龄或有特殊需要的儿童无人照看").click()
    quick.get_by_role("button", name="受理", exact=True).click()
    log_in(slow, "officer")
    slow.goto(quick.url)
    quick.get_by_role("button", name="开始处理").click()
    quick.get_by_role("status").wait_for()
    slow.locator("summary", has_text="查无实据").click()
    slow.fill("#unfounded-reason", "奶奶一直在家。")
    slow.fill("#unfounded-feedback", "已核实。")
    slow.get_by_role("button", name="查无实据").click()
    slow.get_by_role("alert").wait_for()
    assert slow.input_value("#unfounded-reason") == "奶奶一直在家。"
    slow.get_by_role("button", name="查无实据").click()
    slow.get_by_role("status").wait_for()
    assert Escalation.objects.filter(status="unfounded").count() == 1


def test_the_other_county_sees_an_empty_queue(desk: Any, office: dict[str, Person]) -> None:
    page = desk()
    log_in(page, "stranger")
    assert names(page) == []
    assert page.locator(".tallies b").all_inner_texts() == ["0"] * 5


def test_a_sealed_file_opens_for_the_lead_alone_with_a_reason(
    desk: Any, office: dict[str, Person]
) -> None:
    page = desk()
    log_in(page, "lead")
    row = page.locator("table.queue tr", has_text="密封档案")
    assert "杨小兰" not in page.content()
    row.get_by_role("link").click()
    page.fill("#because", "案件复核")
    page.get_by_role("button", name="打开").click()
    page.get_by_role("heading", name="杨小兰").wait_for()
    opened = AuditEntry.objects.filter(action="escalation.open", actor=office["lead"].id)
    assert [entry.detail["reason"] for entry in opened] == ["案件复核"]
    page.get_by_role("button", name="受理", exact=True).click()
    page.get_by_role("heading", name="杨小兰").wait_for()
    assert Escalation.objects.get(sealed=True).status == "acknowledged"


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_wider_than_the_screen(desk: Any, office: dict[str, Person], width: int) -> None:
    page = desk(width=width)
    log_in(page, "officer")
    wide = "document.documentElement.scrollWidth > window.innerWidth"
    assert not page.evaluate(wide)
    page.locator("table.queue tbody a").first.click()
    page.wait_for_url("**/office/escalations/**")
    assert not page.evaluate(wide)
