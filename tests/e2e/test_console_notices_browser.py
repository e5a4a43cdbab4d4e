"""The pages of messages in a real browser, wide and narrow."""

import datetime as dt
import os
from typing import Any

import pytest

from backend.accounts.models import Person
from backend.notifications.models import Notice

from . import cases
from .test_console_browser import PASSWORD
from .test_console_notices import dead, say

pytestmark = pytest.mark.slow
WIDER = "document.documentElement.scrollWidth > window.innerWidth"


@pytest.fixture
def messages(office_address: str) -> Person:
    now = dt.datetime.now(dt.UTC)
    cases.county(now)
    officer = cases.somebody("officer", "杨明", "county_officer", cases.COUNTY, now)
    made = cases.somebody("keeper", "吴志强", "administrator", cases.COUNTY, now)
    for number in range(3):
        dead(say(officer, f"a{number}", critical=number == 1), officer, "http.503")
        say(made, f"b{number}", critical=number == 1)
    dead(say(officer, "t"), officer, "timeout")
    Notice.objects.filter(key="b0").update(read_at=now)
    return made


@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_of_messages_work_and_fit(desk: Any, messages: Person, width: int) -> None:
    page = desk(width=width)
    page.goto("/")
    page.fill("#id_username", "keeper")
    page.fill("#id_password", PASSWORD)
    page.press("#id_password", "Enter")
    page.wait_for_url("**/office/**")
    bell = page.locator(".bell")
    assert bell.inner_text().strip() == "2"
    bell.click()
    page.wait_for_url("**/office/notices/")
    shoot(page, f"notices-{width}")
    assert not page.evaluate(WIDER)
    page.get_by_role("link", name="接收方式").click()
    page.wait_for_url("**/contact/")
    page.get_by_label("手机号码").fill("13800138000")
    page.get_by_role("button", name="保存").click()
    page.get_by_role("status").get_by_text("已保存").wait_for()
    shoot(page, f"contact-{width}")
    assert not page.evaluate(WIDER)
    page.goto("/office/deliveries/")
    shoot(page, f"deliveries-{width}")
    assert not page.evaluate(WIDER)
    page.get_by_role("button", name="重新发送", exact=True).first.click()
    page.get_by_role("status").get_by_text("正在重新发送").wait_for()
    page.get_by_role("button", name="本页全部重新发送").click()
    page.get_by_text("没有符合条件的消息").wait_for()


def shoot(page: Any, name: str) -> None:
    if os.environ.get("SHOTS"):
        page.screenshot(path=f"{os.environ['SHOTS']}/{name}.png", full_page=True)
