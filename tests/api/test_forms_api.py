"""Published forms, as a phone and the office read them."""

from typing import Any

import pytest
from django.test import Client

from backend.accounts import services
from backend.accounts.models import AccessToken
from backend.common.api import problem_response
from fieldforms.errors import PublishedFormChanged
from fieldforms.models import FormVersion
from fieldforms.services import publish_forms

from .conftest import COUNTY, NOW, VILLAGE, HttpPhone, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(db: None) -> list[FormVersion]:
    return publish_forms(now=NOW)


@pytest.fixture
def token(db: None) -> str:
    return str(AccessToken.objects.create(user=person("officer", "county_officer", COUNTY))[1])


def get(token: str, path: str = "", **headers: str) -> Any:
    return Client().get(
        f"/api/v1/forms/{path}",
        headers={"authorization": f"Token {token}", "accept-language": "en", **headers},
    )


def phone() -> HttpPhone:
    administrator = person("admin", "administrator", COUNTY)
    supervisor = person("mei", "village_supervisor", VILLAGE)
    code = services.enrolment_code_create(people=[supervisor.id], actor=administrator.id, now=NOW)
    return HttpPhone(code)


def test_a_phone_gets_every_form_with_its_text_and_hash(published: list[FormVersion]) -> None:
    token = phone().token
    cards = get(token).json()
    assert {card["form"] for card in cards} == {version.form for version in published}
    for card in cards:
        form = get(token, f"{card['form']}/{card['version']}/").json()
        assert form["sha256"] == form["manifest"]["sha256"] == card["sha256"]
        assert form["xform"].startswith("<?xml")


def test_what_is_known_by_its_hash_is_not_sent_again(
    published: list[FormVersion], token: str
) -> None:
    for path in ("", f"{published[0].form}/{published[0].version}/"):
        first = get(token, path)
        again = get(token, path, **{"if-none-match": first["ETag"]})
        assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


def test_a_retired_version_leaves_the_list_and_can_still_be_read(
    published: list[FormVersion], token: str
) -> None:
    path = f"{published[0].form}/{published[0].version}/"
    known = get(token, path)["ETag"]
    FormVersion.objects.filter(id=published[0].id).update(retired_at=NOW)
    assert published[0].form not in {card["form"] for card in get(token).json()}
    assert published[0].form in {card["form"] for card in get(token, "?retired=true").json()}
    # The phone that has it hears that it is retired.
    told = get(token, path, **{"if-none-match": known})
    assert told.json()["retired_at"]


def test_an_unknown_form_says_where_to_look(token: str) -> None:
    answer = get(token, "nothing/1/")
    assert (answer.status_code, answer.json()["code"]) == (404, "form.unknown")
    assert "/api/v1/forms/" in answer.json()["message"]


def test_a_revoked_phone_and_a_stranger_get_no_form(published: list[FormVersion]) -> None:
    mine = phone()
    assert get(mine.token).status_code == 200
    administrator = person("admin2", "administrator", COUNTY)
    services.device_revoke(device=mine.device, reason="lost", actor=administrator.id, now=NOW)
    assert get(mine.token).status_code == 403
    assert Client().get("/api/v1/forms/").status_code == 401


def test_a_form_that_cannot_be_published_is_a_problem_with_a_code() -> None:
    answer = problem_response(PublishedFormChanged(), {})
    assert answer is not None
    assert (answer.status_code, answer.data["code"]) == (409, "form.published")
    assert answer.data["message"] == PublishedFormChanged.zh
