"""The door of the office's pages: log-in, language, and who has which page."""

import pytest
from django.test import Client

from tests.api.conftest import COUNTY, PASSWORD, VILLAGE, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> str:
    return person("officer", "county_officer", COUNTY).username


def log_in(client: Client, username: str, password: str = PASSWORD) -> tuple[int, str]:
    answer = client.post("/login/", {"username": username, "password": password}, follow=True)
    return answer.status_code, answer.content.decode()


def test_nobody_sees_a_page_without_logging_in(client: Client) -> None:
    for address in ("/", "/office/"):
        assert client.get(address).headers["location"].startswith("/login/?next=")


def test_the_browser_is_told_to_keep_nothing(client: Client, officer: str) -> None:
    log_in(client, officer)
    answer = client.get("/office/", follow=True)
    assert "no-store" in answer.headers["cache-control"]


def test_somebody_who_works_on_the_phone_is_told_so(client: Client) -> None:
    person("supervisor", "village_supervisor", VILLAGE)
    status, page = log_in(client, "supervisor")
    assert status == 200
    assert "儿童主任的工作在手机应用中进行" in page


def test_a_wrong_password_and_an_unknown_name_get_the_same_words(
    client: Client, officer: str
) -> None:
    for username in (officer, "nobody"):
        status, page = log_in(client, username, "wrong")
        assert (status, "用户名或密码不对" in page) == (200, True)


def test_the_language_is_switched_and_stays(client: Client) -> None:
    assert ">登录<" in client.get("/login/").content.decode()
    answer = client.post("/language/", {"language": "en", "next": "/login/"})
    assert answer.headers["location"] == "/login/"
    page = client.get("/login/").content.decode()
    assert '<html lang="en">' in page
    assert ">Log in<" in page
    assert "登录" not in page


def test_logging_out_ends_the_session(client: Client, officer: str) -> None:
    log_in(client, officer)
    client.post("/logout/")
    assert client.get("/office/").headers["location"].startswith("/login/")
