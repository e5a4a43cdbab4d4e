"""A page is read or takes a form: any other method is refused, at every address that is not the API's."""

import re

import pytest
from django.test import Client

from backend.accounts.models import Person
from tests.cast import Cast

from .routes import callbacks

pytestmark = pytest.mark.django_db
_VALUES = {
    "uuid": "00000000-0000-7000-8000-000000000001",
    "int": "1",
    "slug": "open",
    "str": "x",
    "path": "x",
}
PAGES = [path for path, _ in callbacks() if not path.startswith("/api/")]
OTHERS = ("PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND")


def address(path: str) -> str:
    """With something in the place of every parameter; of a regular expression its beginning."""
    return re.sub(r"<(\w+):\w+>", lambda found: _VALUES[found[1]], path).partition("^")[0]


def test_the_pages_of_the_office_are_among_them() -> None:
    assert len([path for path in PAGES if path.startswith("/office/")]) > 70
    assert {"/", "/login/", "/logout/", "/language/", "/healthz", "/metrics"} <= set(PAGES)


@pytest.mark.parametrize("name", ["anonymous", "officer", "administrator"])
def test_no_page_answers_another_method_like_get(cast: Cast, name: str) -> None:
    """With a token against forged requests or without: what is not answered needs none."""
    client = Client(enforce_csrf_checks=True)
    if name != "anonymous":
        client.force_login(Person.objects.get(username=name))
    answered = {
        f"{method} {path}: {answer.status_code} {answer.get('Allow')}"
        for path in PAGES
        for method in OTHERS
        for answer in [client.generic(method, address(path))]
        if (answer.status_code, answer.get("Allow")) != (405, "GET, HEAD, POST")
        or answer.content
        or "no-store" not in answer["Cache-Control"]
    }
    assert answered == set()


def test_what_a_browser_asks_is_answered_as_before(cast: Cast) -> None:
    client = Client()
    client.force_login(Person.objects.get(username="officer"))
    for path in ("/office/queue/", "/office/children/", "/office/account/"):
        assert client.get(path).status_code == client.head(path).status_code == 200
    assert client.post("/language/", {"language": "en"}).status_code == 302
