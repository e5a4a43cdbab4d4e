"""The pages of what guardians want corrected in a real browser, wide and narrow."""

import datetime as dt
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.test import Client

from backend.regions.models import Division
from backend.rights.models import Correction
from tests.api import copies
from tests.api.conftest import COUNTY, person
from tests.api.test_rights_corrections import changed
from tests.api.town import CAST, Town

from .test_console_notices_browser import WIDER, shoot

pytestmark = pytest.mark.slow
GROUND = "户口簿和出生医学证明上都是17日，已当面核对原件。"
FOCUSED = "document.activeElement.id"


@pytest.fixture
def town(office_address: str) -> Town:
    Division.objects.create(code=COUNTY, name="台江县", level="county")
    people = CAST | {"lead": ("county_lead", COUNTY)}
    return Town({n: person(n, role, prefix, None) for n, (role, prefix) in people.items()})


@pytest.fixture
def child(town: Town) -> UUID:
    return town.child("龙小燕", of="wu", guardian="13900001111")


def sit(desk: Any, town: Town, name: str, width: int, address: str) -> Any:
    """A page of somebody who has logged in."""
    client = Client()
    client.force_login(town.people[name], backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page = desk(width=width)
    page.goto("/login/")
    origin = page.url.split("/login")[0]
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": origin}]
    )
    page.goto(address)
    return page


def fits(page: Any, name: str, width: int) -> None:
    shoot(page, f"{name}-{width}")
    assert not page.evaluate(WIDER), name


def choose(page: Any, fact: str, says: str) -> None:
    page.get_by_label("要更正的内容").select_option(label=fact)
    page.locator(".record").get_by_text(says, exact=True).wait_for()


@pytest.mark.parametrize("width", [1280, 390])
def test_a_correction_goes_from_the_childs_page_to_the_phone_on_pages_that_fit(
    desk: Any, town: Town, child: UUID, width: int
) -> None:
    phone = copies.phone(town.wu.id, admin=town.admin.id)
    phone.sync()
    page = sit(desk, town, "township", width, f"/office/children/{child}/")
    fits(page, "child-rights", width)
    page.get_by_role("link", name="登记监护人的更正申请").click()
    page.get_by_label("要更正的内容").focus()
    choose(page, "儿童：性别", "女")
    # Whoever goes through the list with the keyboard stays in it.
    assert page.evaluate(FOCUSED) == "fact"
    page.get_by_label("理由和依据").fill(GROUND)
    choose(page, "儿童：出生日期", "2018-03-07")
    assert page.get_by_label("理由和依据").input_value() == GROUND
    page.get_by_label("应更正为").fill("2018-03-17")
    fits(page, "correction-ask", width)
    page.get_by_role("button", name="登记", exact=True).click()
    page.get_by_role("status").get_by_text("已登记").wait_for()
    fits(page, "correction-filed", width)
    officer = sit(desk, town, "officer", width, "/office/rights/")
    officer.get_by_role("link", name="更正申请").click()
    fits(officer, "corrections", width)
    officer.get_by_role("link", name="儿童：出生日期").click()
    officer.get_by_role("heading", name="儿童：出生日期").wait_for()
    fits(officer, "correction", width)
    officer.get_by_role("button", name="按申请更正").click()
    officer.get_by_role("status").get_by_text("已更正").wait_for()
    fits(officer, "correction-accepted", width)
    phone.sync()
    (record,) = phone.records(type="child")
    assert record.values["identity"]["birth_date"] == "2018-03-17"


@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_refused_leads_to_its_field_and_what_changed_since_is_said(
    desk: Any, town: Town, child: UUID, width: int
) -> None:
    page = sit(desk, town, "township", width, f"/office/children/{child}/corrections/")

    def file(day: str) -> None:
        choose(page, "儿童：出生日期", "2018-03-07")
        page.get_by_label("应更正为").fill(day)
        page.get_by_label("理由和依据").fill(GROUND)
        page.get_by_role("button", name="登记", exact=True).click()

    file("2018-03-17")
    page.get_by_role("status").get_by_text("已登记").wait_for()
    page.goto(f"/office/children/{child}/corrections/")
    file("2018-03-27")
    page.get_by_role("alert").get_by_text("正在处理").wait_for()
    assert page.evaluate(FOCUSED) == "fact"
    assert page.get_by_label("应更正为").input_value() == "2018-03-27"
    assert page.get_by_label("理由和依据").input_value() == GROUND
    fits(page, "correction-refused-form", width)
    changed(town, child, "2018-03-09")
    row = Correction.objects.get()
    Correction.objects.update(due_at=row.filed_at - dt.timedelta(days=1))
    officer = sit(desk, town, "officer", width, f"/office/rights/corrections/{row.id}/")
    officer.get_by_text("已被改为：2018-03-09").wait_for()
    fits(officer, "correction-changed", width)
    officer.get_by_label("不予更正的理由").fill("出生医学证明上是9日，档案已经改正。")
    officer.get_by_role("button", name="不予更正").click()
    officer.get_by_role("status").get_by_text("已记为不予更正").wait_for()
    fits(officer, "correction-refused", width)
    officer.goto("/office/rights/corrections/?done")
    fits(officer, "corrections-done", width)
