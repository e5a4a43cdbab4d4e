"""Whatever the schema lets a caller send, and much that it does not, is answered and never crashes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

from backend.config.wsgi import application
from tests.cast import Cast

pytestmark = pytest.mark.django_db
# Who is let in almost everywhere: behind a 403 nothing is tried.
WHO = ("administrator", "lead", "phone")


@schemathesis.serializer("application/x-ndjson", "application/offset+octet-stream")
def as_bytes(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


# Made without a request: while tests are collected there is no database yet.
schema: Any = schemathesis.openapi.from_dict(
    json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str))
)
schema.app = application


@pytest.fixture(autouse=True)
def _keeps_the_connection() -> Iterator[None]:
    """What Django's own test client does: a request must not close the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=3, deadline=None, derandomize=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
def test_no_input_is_answered_by_a_crash(case: Any, cast: Cast) -> None:
    for name in WHO:
        headers = {"Authorization": f"Token {cast[name].token}"}
        with transaction.atomic():
            case.call_and_validate(headers=headers, checks=(not_a_server_error,))
            transaction.set_rollback(True)
