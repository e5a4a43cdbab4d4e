"""The pages of referrals and missing children in a real browser, wide and narrow."""

from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from PIL import Image

from backend.referrals.models import Missing
from sync.models import Attachment
from sync.ports import ports
from sync.protocol import ids
from sync.uploads import pieces
from tests.api.conftest import NOW
from tests.api.referred import DUE, Office, make

from .test_console_notices_browser import WIDER, shoot
from .test_console_referrals import desk as logged_in

pytestmark = pytest.mark.slow


@pytest.fixture
def office(office_address: str) -> Any:
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    with override_settings(STORAGES=settings.STORAGES | {"default": memory}):
        yield make()


def sit(desk: Any, office: Office, name: str, width: int, address: str) -> Any:
    """A page of somebody who has logged in."""
    page = desk(width=width)
    cookie = logged_in(office, name).cookies[settings.SESSION_COOKIE_NAME].value
    page.goto("/login/")
    page.context.add_cookies(
        [
            {
                "name": settings.SESSION_COOKIE_NAME,
                "value": cookie,
                "url": page.url.split("/login")[0],
            }
        ]
    )
    page.goto(address)
    return page


def fits(page: Any, name: str, width: int) -> None:
    shoot(page, f"{name}-{width}")
    assert not page.evaluate(WIDER), name


@pytest.mark.parametrize("width", [1280, 390])
def test_a_referral_is_sent_and_done_on_pages_that_fit(
    desk: Any, office: Office, width: int
) -> None:
    office.sent("name", "age", need="medical")
    office.visit("rehabilitation", "legal")
    page = sit(desk, office, "officer", width, "/office/referrals/")
    fits(page, "referrals", width)
    page.get_by_role("link", name="康复").click()
    page.get_by_label("机构", exact=True).select_option(index=1)
    page.get_by_label("办理期限").fill(DUE)
    page.get_by_label("转介事由").fill("请为孩子安排每周一次康复训练。")
    page.get_by_label("就读学校").check()
    page.get_by_role("button", name="预览机构看到的内容").click()
    page.get_by_text("施洞小学").wait_for()
    fits(page, "referral-preview", width)
    page.get_by_role("button", name="发出", exact=True).click()
    page.get_by_role("status").get_by_text("已发出").wait_for()
    _open(page, "不接收")
    fits(page, "referral-sent", width)
    partner = sit(desk, office, "clinic", width, "/office/partner/")
    fits(partner, "partner", width)
    partner.locator(".what a").first.click()
    _open(partner, "接收")
    fits(partner, "partner-referral", width)
    keeper = sit(desk, office, "admin", width, "/office/directory/")
    _open(keeper, "更改")
    fits(keeper, "directory", width)
    children = sit(desk, office, "officer", width, "/office/children/")
    fits(children, "children-refer", width)


@pytest.mark.parametrize("width", [1280, 390])
def test_a_missing_childs_pages_fit_and_the_notice_is_one_sheet(
    desk: Any, office: Office, width: int
) -> None:
    _photograph(office)
    page = sit(desk, office, "lead", width, "/office/children/")
    page.get_by_role("button", name="登记走失").click()
    _open(page, "拟定寻人启事")
    page.get_by_label("体貌和衣着特征").fill(
        "身高约一米一，短发，穿红色外套、黑色裤子、白色运动鞋。"
    )
    page.get_by_label("最后见到的时间").fill("11月24日下午四点")
    page.get_by_label("最后见到的地点").fill("施洞镇集市东口")
    page.get_by_label("联系人和电话").fill("王警官 138 0013 8000")
    page.get_by_label("姓名").check()
    page.get_by_label("年龄").check()
    page.locator('input[name="photo"]').nth(1).check()
    fits(page, "missing-prepare", width)
    page.get_by_role("button", name="拟定寻人启事").click()
    _open(page, "批准寻人启事")
    page.get_by_role("button", name="批准寻人启事").click()
    page.get_by_role("link", name="打开寻人启事").wait_for()
    fits(page, "missing-child", width)
    page.get_by_role("link", name="打开寻人启事").click()
    page.locator(".poster img").wait_for()
    fits(page, "missing-notice", width)
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
    page.goto("/office/missing/")
    fits(page, "missing", width)
    assert Missing.objects.get().confirmed_op


def _open(page: Any, step: str) -> None:
    page.locator("summary").get_by_text(step, exact=True).first.click()


def _photograph(office: Office) -> None:
    row = Attachment.objects.create(
        id=ids.uuid7(NOW), op=ids.uuid7(NOW), file=office.child, device=ids.uuid7(NOW), size=3,
        sha256=bytes(32), type="image/jpeg", status="complete", found="image/jpeg", has_view=True,
    )  # fmt: skip
    cipher = ports().keys([office.child])[office.child]
    drawn = BytesIO()
    Image.new("RGB", (480, 600), (196, 164, 132)).save(drawn, "JPEG")
    for what in (pieces.ORIGINAL, pieces.VIEW, pieces.THUMBNAIL):
        pieces.write(pieces.object_name(row.id, what), drawn.getvalue(), cipher)
