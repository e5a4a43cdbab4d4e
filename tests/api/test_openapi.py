"""The schema is what the API does: complete, without collisions, and true of real answers."""

import json
from collections import Counter
from functools import cache
from typing import Any

import jsonschema
import pytest
import yaml
from django.core.management import call_command
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from backend.accounts.models import AccessToken

from .conftest import COUNTY, HttpPhone, person
from .test_sync import register


@cache
def schema() -> dict[str, Any]:
    """As the endpoint gives it."""
    answer = Client().get("/api/v1/schema", headers={"accept": "application/vnd.oai.openapi"})
    assert answer.status_code == 200
    loaded: dict[str, Any] = yaml.safe_load(answer.content)
    return loaded


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in schema()["paths"].items()
        for method, operation in methods.items()
    ]


def check(name: str, value: Any) -> None:
    """Raises `ValidationError` where the value is not what the component says."""
    wanted = {"$ref": f"#/components/schemas/{name}", "components": schema()["components"]}
    jsonschema.Draft202012Validator(wanted).validate(value)


def test_it_generates_without_a_warning_and_is_valid(tmp_path: Any) -> None:
    call_command(
        "spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "schema.yaml")
    )


def test_operation_ids_are_unique_and_chosen() -> None:
    seen = Counter(operation["operationId"] for _, _, operation in operations())
    assert [name for name, count in seen.items() if count > 1] == []
    # A generated id carries the method; ours are words of the domain.
    generated = ("_retrieve", "_create_2", "_partial_update", "v1_")
    ours = seen.keys() - {"schema_retrieve"}
    assert [name for name in ours if name.endswith(generated) or name.startswith("v1_")] == []


def test_every_operation_says_how_it_fails_and_the_shape_is_written_once() -> None:
    for path, method, operation in operations():
        content = operation["responses"]["default"]["content"]["application/json"]
        assert content["schema"] == {"$ref": "#/components/schemas/Problem"}, (path, method)


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(schema())
    names = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert names - schema()["components"]["schemas"].keys() == set()


def test_only_log_in_enrolment_and_the_schema_are_open_to_strangers() -> None:
    open_to_all = {
        operation["operationId"]
        for _, _, operation in operations()
        if not operation.get("security") or {} in operation["security"]
    }
    assert open_to_all == {"login", "enrol", "schema_retrieve"}


def test_a_real_round_trip_is_what_the_envelope_declares(http_phone: HttpPhone) -> None:
    register(http_phone)
    check("SyncAnswer", http_phone.sync(*http_phone.log))
    for line in http_phone.log:
        check("SyncOperation", json.loads(line))
    with pytest.raises(jsonschema.ValidationError):
        check("SyncAnswer", {"receipts": []})


PROBLEMS = [
    ("GET", "people/", b"", False, 401),
    ("GET", "people/", b"", True, 403),
    ("DELETE", "me", b"", True, 405),
    ("POST", "me/password", b"{", True, 400),
    ("POST", "me/password", b"{}", True, 400),
    ("POST", "auth/login", b'{"username": "x", "password": "y"}', False, 401),
    ("GET", "forms/no/1/", b"", True, 404),
    ("GET", "divisions/abc/", b"", True, 400),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path", "body", "signed_in", "status"), PROBLEMS)
def test_every_failure_is_a_problem_in_the_language_asked_for(
    method: str, path: str, body: bytes, signed_in: bool, status: int
) -> None:
    headers: dict[str, str] = {}
    if signed_in:
        _, token = AccessToken.objects.create(user=person("viewer", "viewer", COUNTY))
        headers["authorization"] = f"Token {token}"
    said = {}
    for language in ("zh-hans", "en"):
        answer = Client().generic(
            method, f"/api/v1/{path}", body, content_type="application/json",
            headers={**headers, "accept-language": language},
        )  # fmt: skip
        assert answer.status_code == status, answer.content
        check("Problem", answer.json())
        said[language] = answer.json()
    assert said["en"]["code"] == said["zh-hans"]["code"]
    assert not chinese(said["en"]["message"])
    assert chinese(said["zh-hans"]["message"])


def chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


@pytest.mark.parametrize("accept", ["application/vnd.oai.openapi", "application/json"])
def test_the_schema_is_made_once_however_often_a_stranger_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, accept: str
) -> None:
    asked = {"accept": accept}
    first = Client().get("/api/v1/schema", headers=asked)
    monkeypatch.setattr(SchemaGenerator, "get_schema", None)
    for query in ("", "?lang=of-nobody"):
        again = Client().get(f"/api/v1/schema{query}", headers=asked)
        assert (again.status_code, again.content) == (200, first.content)
    assert first["Content-Type"].startswith(accept)
