"""The API's schema: names that cannot collide, one shape of error, the sync envelope by hand.

Settings name `Schema` and `complete`; the token's scheme registers itself by being imported.
"""

from typing import Any

import msgspec
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object

from sync.protocol import messages

_REF = "#/components/schemas/{name}"


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "backend.accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return dict(
            build_bearer_security_scheme_object(
                header_name="Authorization", token_prefix=self.target.authenticate_header("")
            )
        )


class Schema(AutoSchema):
    """Puts the app before a serializer's name: two apps may both have an `ItemOut`."""

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        name = super().get_serializer_name(serializer, direction)
        project, _, rest = type(serializer).__module__.partition(".")
        app = rest.split(".")[0] if project == "backend" else project
        return f"{app.capitalize()}{name}" if project in {"backend", "fieldforms"} else name


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Adds to the generated schema what cannot be generated."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM
    schemas |= _envelope()
    for path, methods in result["paths"].items():
        for operation in methods.values():
            operation["responses"]["default"] = {
                "description": "Whatever goes wrong has this shape, in the language asked for.",
                "content": {"application/json": {"schema": {"$ref": _REF.format(name="Problem")}}},
            }
            if path.endswith("/sync"):
                _sync(operation)
    return result


PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["code", "fields", "message"],
    "properties": {
        "code": {"type": "string", "description": "Never changes: what a program goes by."},
        "fields": {
            "type": "array",
            "items": {"type": "string"},
            "description": "The members of the request it is about.",
        },
        "message": {"type": "string", "description": "What happened and what to do about it."},
        "details": {"description": "For some codes: messages by field, or problems by row."},
    },
}


def _sync(operation: dict[str, Any]) -> None:
    line = {"$ref": _REF.format(name="SyncOperation")}
    operation["requestBody"] = {
        "required": True,
        "description": "Lines of JSON: first a `SyncHeader`, then a `SyncOperation` each. May be gzip.",
        "content": {
            "application/x-ndjson": {
                "schema": {"type": "string", "format": "binary"},
                "x-first-line": {"$ref": _REF.format(name="SyncHeader")},
                "x-further-lines": line,
            }
        },
    }
    answer = {"application/json": {"schema": {"$ref": _REF.format(name="SyncAnswer")}}}
    operation["responses"]["200"] = {"description": "One receipt a line.", "content": answer}


def _envelope() -> dict[str, Any]:
    """The lines' shapes come from the types that decode them; the answer is put together here."""
    types = [messages.Header, messages.Operation, messages.Receipt]
    _, components = msgspec.json.schema_components(
        types, ref_template="#/components/schemas/Sync{name}"
    )
    return {f"Sync{name}": schema for name, schema in components.items()} | {
        "SyncRecord": RECORD,
        "SyncEntry": ENTRY,
        "SyncAnswer": ANSWER,
    }


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


_UUID = {"type": "string", "format": "uuid"}
_INTEGER = {"type": "integer"}
_RANGES = _list({"type": "array", "items": _INTEGER, "minItems": 2, "maxItems": 2})
RECORD: dict[str, Any] = {
    "type": "object",
    "required": ["type", "id", "file", "rev"],
    "properties": {"type": {"type": "string"}, "id": _UUID, "file": _UUID, "rev": _INTEGER},
    "additionalProperties": True,
    "description": "Further members are the record type's own.",
}
ENTRY: dict[str, Any] = {
    "type": "object",
    "required": ["file", "records"],
    "properties": {
        "file": _UUID,
        "records": _list({"$ref": _REF.format(name="SyncRecord")}),
        "older": _list({"type": "array", "description": "`[type, id, rev]` of what was left out."}),
    },
    "description": "A whole file, for the phone all of it or nothing.",
}
ANSWER: dict[str, Any] = {
    "type": "object",
    "required": ["receipts", "have", "missing", "server_time"],
    "properties": {
        "receipts": _list({"$ref": _REF.format(name="SyncReceipt")}),
        "have": _RANGES,
        "missing": _RANGES,
        "server_time": {"type": "string", "format": "date-time"},
        "refused": {"type": "string", "description": "Why the device may not pull."},
        "cursor": {"type": "string"},
        "generation": _INTEGER,
        "more": {"type": "boolean"},
        "enter": _list({"$ref": _REF.format(name="SyncEntry")}),
        "changes": _list({"$ref": _REF.format(name="SyncRecord")}),
        "exit": _list(_UUID),
        "later": _list({"$ref": _REF.format(name="SyncReceipt")}),
        "older": _list({"$ref": _REF.format(name="SyncEntry")}),
        "attachments": _list(
            {"type": "object", "properties": {"op": _UUID, "sha256": {"type": "string"}}}
        ),
        "digest": _INTEGER,
        "config": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["hash", "value"],
                "properties": {"hash": {"type": "string"}, "value": {}},
            },
        },
    },
}
