"""The numbers that a phone has for a recipient of a finding. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Under which kind of agency the directory lists a recipient, where the codes differ.
_LISTED = {
    "county_duty": "civil_affairs", "county_officer": "civil_affairs",
    "police_registration": "police",
}  # fmt: skip
# Whoever reads it is the village's supervisor: there is nobody to call.
HERSELF = "supervisor"
_EMERGENCY_LINES = frozenset({"110", "120"})
MOST = 3


@dataclass(frozen=True, slots=True)
class Number:
    """`name` is `{zh, en}` or `{zh}`: whose line it is."""

    name: Mapping[str, str]
    phone: str
    hours: str


def of(recipient: str, config: Mapping[str, Any]) -> list[Number]:
    """Where this recipient is reached, the national line first; nothing where the phone knows none."""
    kind = _LISTED.get(recipient, recipient)
    found = [
        Number(line.get("name") or {}, str(line["phone"]), str(line.get("hours") or ""))
        for line in config.get("directory") or []
        if line.get("kind") == kind and line.get("phone")
    ]
    if recipient == "police_registration":
        found = [number for number in found if number.phone not in _EMERGENCY_LINES]
    return found[:MOST]
