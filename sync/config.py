"""What a device has to know of this server, sent when its hash is not the one the device has."""

import base64
from collections.abc import Mapping
from typing import Any

from .merge.registers import Spec
from .ports import Personal, Sender, ports
from .protocol import messages, sealing
from .registry import Registry, registry

# Sealed entries outlive their receipt by this much: a server restored from a backup of that age gets
# back what it lost even from a phone whose files are gone.
KEEP_DAYS = 30


def news(known: Mapping[str, str], sender: Sender) -> dict[str, dict[str, Any]]:
    """The parts that the device lacks or has in another version: `{part: {hash, value}}`, with
    `personal` where it speaks of people.
    """
    parts = {"records": records(registry), **_outbox(), **ports().config(sender)}
    hashed = {name: _part(value) for name, value in parts.items()}
    return {name: part for name, part in hashed.items() if known.get(name) != part["hash"]}


def first() -> dict[str, dict[str, Any]]:
    """What a device has to know before its first sync: what it writes until then is sealed too."""
    return {name: _part(value) for name, value in _outbox().items()}


def records(registry: Registry) -> dict[str, Any]:
    """Every record type's policy, kinds (whether one may be a record's first) and special fields."""
    return {
        name: {
            "policy": record_type.policy.value,
            "kinds": dict(record_type.kinds),
            "fields": {field: _spec(spec) for field, spec in record_type.specs.items()},
            # Left out where it goes without saying.
            **({} if record_type.leaves_the_server else {"returned": False}),
        }
        for name, record_type in registry.types.items()
        if not record_type.server_only
    }


def _outbox() -> dict[str, Any]:
    """The key that phones seal to, and how long they keep what was received."""
    public = ports().outbox.public()
    return {} if public is None else {"outbox": outbox(public)}


def outbox(public: bytes) -> dict[str, Any]:
    return {
        "format": sealing.FORMAT,
        "key": sealing.key_id(public).hex(),
        "public": base64.b64encode(public).decode(),
        "keep_days": KEEP_DAYS,
    }


def _spec(spec: Spec) -> dict[str, Any]:
    return {"kind": spec.kind, **({"order": list(spec.order)} if spec.order else {})}


def _part(value: Any) -> dict[str, Any]:
    if isinstance(value, Personal):
        return {**_part(value.value), "personal": True}
    return {"hash": _hash(value), "value": value}


def _hash(value: Any) -> str:
    return messages.line_hash(messages.write(value)).hex()[:16]
