"""The page of visits worth a second look in a real browser, wide and narrow."""

from typing import Any

import pytest
from django.conf import settings

from backend.accounts.models import Person

from .test_console_notices_browser import WIDER, shoot
from .test_console_visits import people, seated

__all__ = ["people"]
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("width", [1280, 390])
def test_where_a_risk_may_have_been_missed_is_read_on_a_page_that_fits_and_leads_to_the_child(
    desk: Any, people: dict[str, Person], width: int
) -> None:
    page = desk(width=width)
    page.goto("/login/")
    cookie = seated("township").cookies[settings.SESSION_COOKIE_NAME].value
    address = page.url.split("/login")[0]
    page.context.add_cookies(
        [{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": address}]
    )
    page.goto("/office/visits/")
    shoot(page, f"visits-{width}")
    assert not page.evaluate(WIDER)
    assert "不是批评谁" in page.inner_text(".heading")
    page.click("tbody tr:first-child a")
    page.wait_for_url("**/office/children/*/")
