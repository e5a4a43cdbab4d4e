"""Every route with what it was not made for: whatever comes, it is answered, as JSON where it is the API,
and nothing keeps the answer.

Each call is made by somebody who is let in; behind a 403 nothing is tried.
"""

import json
import logging
import re
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from sync import faults
from tests.cast import Cast, Member

from .answers import wrong
from .routes import Route
from .scope import GROUPS, ROUTES, address, filled, row_of

pytestmark = pytest.mark.django_db
LONG = "a" * 100_000
# What every border refuses alike is tried once a route.
NOWHERE = "a\x00b"
# By what the schema says that a member or parameter is.
VALUES: dict[str, list[Any]] = {
    "string": [LONG, 2**70],
    "date": ["0001-01-01", "9999-12-31"],
    "date-time": ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"],
    "uuid": [2**200],
    "integer": [2**63 - 1, -(2**31) - 1, "9" * 400],
    "number": [1e308, -1e308, 2**2000],
    "boolean": ["maybe"],
    "array": [[[[]]], [2**62], [{"a": "\ud800"}]],
    "object": [{"a": [{"b": 2**62}]}, {"a": LONG}],
    "": [2**62, [None], {"a": "b"}],
}


class Caller:
    """One client for a member: a log-out or a new session key in a call is rolled back with it."""

    def __init__(self, member: Member) -> None:
        self.client = Client()
        self.headers = {"authorization": f"Token {member.token}"} if member.token else {}
        self.session = member.session

    def call(self, method: str, path: str, data: Any = None, **more: Any) -> Any:
        headers = {**self.headers, "accept-language": "en", **more.pop("headers", {})}
        if not path.startswith("/api/"):
            headers.pop("authorization", None)
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.session
        with transaction.atomic():
            if isinstance(data, bytes):
                answer = self.client.generic(method, path, data, headers=headers, **more)
            else:
                answer = getattr(self.client, method.lower())(path, data, headers=headers, **more)
            transaction.set_rollback(True)
        return answer


@cache
def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return json.loads(json.dumps(loaded, default=str))


def operation(route: Route) -> dict[str, Any]:
    path = re.sub(r"<(\w+)>", r"{\1}", route.path)
    found: dict[str, Any] = schema()["paths"].get(path, {}).get(route.method.lower(), {})
    return found


def members_of(route: Route) -> dict[str, str]:
    """The members of a route's JSON body with what each is; empty where it takes none."""
    body = operation(route).get("requestBody", {}).get("content", {}).get("application/json", {})
    properties = resolved(body.get("schema", {})).get("properties", {})
    return {name: kind(one) for name, one in properties.items()}


def parameters_of(route: Route) -> dict[str, str]:
    given = operation(route).get("parameters", [])
    return {one["name"]: kind(one["schema"]) for one in given if one["in"] == "query"}


@cache
def all_parameters() -> list[str]:
    """Names that the pages' addresses may know too."""
    return sorted({name for route in ROUTES for name in parameters_of(route)})


def resolved(shape: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in shape or "allOf" in shape or "oneOf" in shape:
        reference = shape.get("$ref") or next(iter(shape.get("allOf") or shape["oneOf"])).get(
            "$ref"
        )
        if reference is None:
            return {}
        shape = schema()["components"]["schemas"][reference.rpartition("/")[2]]
    return shape


def kind(shape: dict[str, Any]) -> str:
    shape = resolved(shape)
    types = shape.get("type", "")
    named = next((t for t in types if t != "null"), "") if isinstance(types, list) else types
    return (
        shape.get("format") if shape.get("format") in VALUES else named if named in VALUES else ""
    )


def caller_of(cast: Cast, route: Route, callers: dict[str, Caller]) -> Caller:
    """Who gets furthest: let in, or else told anything but that it is not allowed."""
    row = row_of(route) or {}
    written = sorted((row.get("here") or {}).items())
    name = next(
        (names.split()[0] for status, names in written if status not in (401, 403)), "officer"
    )
    name = GROUPS.get(name, [name])[0]
    name = "officer" if name == "anonymous" else name
    if name not in callers:
        callers[name] = Caller(cast[name])
    return callers[name]


def attempts(route: Route, things: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Addresses and bodies, one thing wrong in each."""
    row = row_of(route) or {}
    path = address(route, row, things)
    for name in route.parameters:
        for value in ("%00", "%FF%ED%A0%80", "9" * 400):
            yield (
                address(route, {**row, "fixed": {**row.get("fixed", {}), name: value}}, things),
                None,
            )
    api = path.startswith("/api/")
    if route.method == "GET":
        yield path, None
        yield f"{path}?anything=%00", None
        for name, what in parameters_of(route).items() if api else ():
            yield from ((f"{path}?{name}={quote(str(v)[:100_000])}", None) for v in VALUES[what])
        for text in () if api else ("0001-01-01", "9999-12-31", "9" * 400, LONG[:3000]):
            yield path + "?" + "&".join(f"{name}={text}" for name in all_parameters()), None
        return
    body = filled(row.get("body") or {}, things)
    members = members_of(route) if api else {name: like(value) for name, value in body.items()}
    for name in list(members)[:1]:
        yield from ((path, {**body, name: text}) for text in (NOWHERE, "\ud800")[: 2 if api else 1])
    for name, what in members.items():
        yield from ((path, {**body, name: value}) for value in VALUES[what])


def like(value: Any) -> str:
    """What a form's field is, by what stands in it."""
    if re.match(r"\d{4}-\d\d-\d\d", str(value)):
        return "date-time" if "T" in str(value) else "date"
    return "integer" if str(value).isdigit() else "string"


def test_whatever_is_asked_of_a_door_is_answered_secure(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each refusal is a line, and pytest would keep them all, with their requests.
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)
    callers: dict[str, Caller] = {}
    found = []
    for route in ROUTES:
        caller = caller_of(cast, route, callers)
        headers = (row_of(route) or {}).get("headers") or {}
        for path, data in attempts(route, cast.here.ids):
            more: dict[str, Any] = {"headers": headers}
            if path.startswith("/api/") and route.method != "GET":
                more["content_type"] = headers.get("content-type", "application/json")
                data = json.dumps(data or {}).encode()
            try:
                answer = caller.call(route.method, path, data, **more)
            except Exception as error:  # noqa: BLE001  each is a finding
                found.append(f"{faults.summary(error)}: {route} {path[:160]!a} {str(data)[:160]!a}")
                break
            if problem := wrong(route, path, data, answer):
                found.append(problem)
                break
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"code": "\xff"}', b'{"code": NaN}', b'{"code": 1e999}', b"9" * 5000,
     b'{"code": "\\udfff"}', b"{" * 40 + b'"a', b"\x00", "{}".encode("utf-16")],
)  # fmt: skip
def test_a_body_that_nothing_can_hold_is_refused_with_a_sentence_secure(body: bytes) -> None:
    answer = Client().post("/api/v1/enrol", body, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")


def test_what_django_itself_refuses_is_a_problem_too_secure(cast: Cast) -> None:
    """In the language asked for, where the API is concerned."""
    refused = [
        ("/api/v1/people/1/", {}, 404, "not_found"), ("/api/nowhere", {}, 404, "not_found"),
        ("/api/v1/me", {"host": "another.example.cn"}, 400, "request.unusable"),
        ("/api/v1/escalations/?staus=open", {}, 400, "parameter.unknown"),
        ("/api/v1/me?format=xml", {}, 400, "parameter.unknown"),
    ]  # fmt: skip
    for path, headers, status, code in refused:
        for language, letter in (("en", "a"), ("zh-hans", "请")):
            answer = Client().get(path, headers={**headers, "accept-language": language})
            told = answer.json()
            assert (answer.status_code, told["code"]) == (status, code), path
            assert letter in told["message"]
    assert told["fields"] == ["format"]
    # Of what a phone brings nothing is refused for its address.
    assert cast["phone"].call("POST", "/api/v1/sync", b"", query="via=proxy").json()["code"] != code


def test_a_fault_of_the_server_is_a_problem_too_secure(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> Any:
        raise LookupError("of a library")

    member = Client(raise_request_exception=False)
    monkeypatch.setattr("backend.config.schema.SchemaView.get", fails)
    answer = member.get("/api/v1/schema", headers={"accept-language": "en"})
    assert (answer.status_code, answer.json()["code"]) == (500, "server.fault")
    assert "library" not in answer.content.decode()


def test_the_schema_refuses_as_json_too() -> None:
    answer = Client().delete("/api/v1/schema")
    assert (answer.status_code, answer["content-type"]) == (405, "application/json")
    assert answer.json()["code"]
