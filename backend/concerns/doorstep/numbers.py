"""The numbers that a phone has for a recipient of a finding. Pure."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..rules.contacts import to_call

# Whoever reads it is the village's supervisor: there is nobody to call.
HERSELF = "supervisor"
MOST = 3


@dataclass(frozen=True, slots=True)
class Number:
    """`name` is `{zh, en}` or `{zh}`: whose line it is."""

    name: Mapping[str, str]
    phone: str
    hours: str


def of(recipient: str, config: Mapping[str, Any], *, now: dt.datetime) -> list[Number]:
    """Where this recipient is reached, in the order in which to call; nothing where the phone knows none."""
    return [
        Number(_name(line["name"]), line["phone"], line.get("hours", ""))
        for line in to_call(recipient, config, now=now)
    ][:MOST]


def _name(name: str | Mapping[str, str]) -> Mapping[str, str]:
    """A person has one name, an office may have two."""
    return {"zh": name} if isinstance(name, str) else name
