"""Rules come into force over HTTP, and a phone hears of it (rules.md; product.md 5)."""

import copy
import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from backend.accounts.models import AccessToken, Person
from backend.concerns import rulesets
from backend.concerns.rules.model import digest

from .conftest import COUNTY, NOW, OTHER_COUNTY, HttpPhone, person
from .test_openapi import check

SINCE = {"since": str(NOW.date() - dt.timedelta(days=7))}
Call = Callable[..., Any]


def office(who: Person) -> Call:
    token = AccessToken.objects.create(user=who)[1]
    headers = {"authorization": f"Token {token}", "accept-language": "en"}

    def call(method: str, path: str, body: Any = None, status: int = 200) -> Any:
        send = getattr(Client(), method)
        given = {} if method == "get" else {"content_type": "application/json"}
        answer = send(f"/api/v1/rules/{path}", body or {}, headers=headers, **given)
        assert answer.status_code == status, answer.content
        return answer.json()

    return call


@pytest.fixture
def one(transactional_db: None) -> Call:
    rulesets.publish_rules(rulesets.shipped(), actor=None, now=NOW)
    return office(person("one", "administrator", "52"))


@pytest.fixture
def two(one: Call) -> Call:
    return office(person("two", "administrator", "52"))


def newer() -> list[dict[str, Any]]:
    documents = copy.deepcopy(rulesets.shipped())
    documents[0]["version"] += 1
    documents[0]["title"]["en"] += "."
    return documents


def into_force(one: Call, two: Call, content: Any, division: str = "") -> dict[str, Any]:
    made = one("post", "editions/", {"content": content, "division": division}, 201)
    here = f"editions/{made['id']}/"
    started = one("post", f"{here}rehearsals/", SINCE, 201)
    assert started["status"] == "finished"
    two("post", f"{here}approve")
    published: dict[str, Any] = two("post", f"{here}publish")
    return published


def test_rules_are_drafted_rehearsed_approved_and_published_over_http(one: Call, two: Call) -> None:
    before = one("get", "editions/")["results"][0]
    made = one("post", "editions/", {"content": newer()}, 201)
    check("ConcernsEditionDetailOut", made)
    assert made["steps"] == ["rehearse", "revise", "retire"]
    here = f"editions/{made['id']}/"
    assert two("post", f"{here}approve", status=409)["code"] == "rules.not_rehearsed"
    started = one("post", f"{here}rehearsals/", SINCE, 201)
    result = one("get", f"rehearsals/{started['id']}/")
    check("ConcernsResultOut", result)
    assert (result["valid"], result["percent"], result["lines"]) == (True, 100, [])
    assert one("get", f"{here}rehearsals/")[0]["id"] == started["id"]
    refused = one("post", f"{here}approve", status=403)
    assert "Who may: 吴two" in refused["message"]
    two("post", f"{here}approve")
    assert one("post", f"{here}publish")["status"] == "published"
    query = {"before": before["id"], "after": made["id"]}
    (differs,) = two("get", "differences/", query)
    assert (differs["rule"], differs["change"]) == ("R1", "changed")
    assert one("get", f"editions/{before['id']}/")["status"] == "retired"


def test_faulty_rules_are_refused_over_http_with_each_fault(one: Call) -> None:
    documents = newer()
    documents[0]["branches"][0]["when"] = "facts.unheard_of"
    documents[1]["branches"][0]["to"] = ["mayor"]
    refused = one("post", "editions/", {"content": documents}, 400)
    assert (refused["code"], refused["fields"], len(refused["details"])) == (
        "rules.faulty", ["content"], 2,
    )  # fmt: skip
    for odd in (None, 3, "R1", {}, [], [[]]):
        assert one("post", "editions/", {"content": odd}, 400)["fields"] == ["content"]
    many = one("post", "editions/", {"content": newer()}, 201)["id"]
    future = {"since": str(NOW.date() + dt.timedelta(days=9))}
    assert one("post", f"editions/{many}/rehearsals/", future, 409)["fields"] == ["since"]


def test_a_phone_hears_which_rules_and_variants_are_in_force_and_gets_them_by_hash(
    http_phone: HttpPhone, one: Call, two: Call
) -> None:
    line = {"rule": "R10", "version": 3, "branch": 1, "deadline": {"hours": 12}}
    into_force(one, two, {"branches": [line]}, "52")
    into_force(one, two, {"branches": [line]}, OTHER_COUNTY)
    red = {"label": {"zh": "一级", "en": "Level one"}, "colour": "#c00000"}
    into_force(one, two, {"risk_levels": {"RED": red}}, COUNTY)
    header = {"protocol": 1, "device": str(http_phone.device), "wall": NOW.isoformat()}
    answer = http_phone.post(json.dumps({**header, "config": {}}).encode())
    told = answer.json()["config"]["rules"]["value"]
    assert told["sha256"] == rulesets.current().sha256
    assert [(one["division"], one["version"]) for one in told["local"]] == [("52", 1), (COUNTY, 1)]

    def fetched(sha256: str) -> Any:
        headers = {"authorization": f"Token {http_phone.token}"}
        return http_phone.client.get(f"/api/v1/rules/content/{sha256}/", headers=headers)

    for sha256 in (told["sha256"], *(one["sha256"] for one in told["local"])):
        answer = fetched(sha256)
        assert digest(answer.json()["content"]) == sha256
        assert "immutable" in answer["Cache-Control"]
    assert fetched(told["local"][1]["sha256"]).json()["content"]["risk_levels"]["RED"] == red
    draft = one("post", "editions/", {"content": newer()}, 201)
    assert fetched(draft["sha256"]).status_code == 404


def test_another_county_s_variant_of_the_rules_is_not_given_to_a_phone(
    http_phone: HttpPhone, one: Call, two: Call
) -> None:
    line = {"rule": "R10", "version": 3, "branch": 1, "deadline": {"hours": 11}}
    there = into_force(one, two, {"branches": [line]}, OTHER_COUNTY)
    headers = {"authorization": f"Token {http_phone.token}"}
    answer = http_phone.client.get(f"/api/v1/rules/content/{there['sha256']}/", headers=headers)
    assert answer.status_code == 404
