"""The least of a child's file that an organisation needs: exactly the fields that were chosen."""

import hashlib
import json
from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from backend.children import queries as children
from backend.regions import queries as regions
from fieldforms import ages
from fieldforms.vocabulary import codes

FIELDS = codes("referral_field")
# What is chosen until somebody chooses more: no name, no number, no address.
LEAST = ("sex", "age", "place")
# Which list words the codes of a field.
LISTS = {
    "sex": "sex", "school_status": "school_status", "health": "health", "aid": "aid",
    "disabilities": "disability_type", "actual_carer": "actual_carer",
}  # fmt: skip
_IDENTITY = ("name", "sex", "birth_date", "id_number", "ethnicity")


def shown(child: UUID, fields: Collection[str], *, on: date) -> dict[str, Any]:
    """The chosen fields with their values, in the order of the list; one without a value is ""."""
    card = children.shown_children([child]).get(child, {})
    return {name: _value(name, card, on) for name in FIELDS if name in fields}


def digest(given: dict[str, Any]) -> str:
    """Says whether what is sent is what was looked at."""
    plain = json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def _value(name: str, card: dict[str, Any], on: date) -> Any:
    if name in _IDENTITY:
        return str(_part(card, "identity").get(name) or "")
    match name:
        case "age":
            return _age(str(_part(card, "identity").get("birth_date") or ""), on)
        case "place":
            division = str(_part(card, "residence").get("division") or "")
            return regions.places([division]).get(division) or division
        case "address":
            return str(_part(card, "residence").get("address") or "")
        case "school":
            return str(_part(card, "school").get("name") or "")
        case "guardians":
            return _guardians(card)
    value = card.get(name)
    return sorted(value) if isinstance(value, dict | list | set | tuple) else str(value or "")


def _guardians(card: dict[str, Any]) -> list[str]:
    try:
        household = UUID(str(card.get("household")))
    except ValueError:
        return []
    adults = [adult["registers"] for adult in children.guardians_of(household)]
    said = [(children.name_of(a), str(_part(a, "contact").get("phone") or "")) for a in adults]
    return [" ".join(filter(None, pair)) for pair in said if any(pair)]


def _part(card: dict[str, Any], register: str) -> dict[str, Any]:
    value = card.get(register)
    return value if isinstance(value, dict) else {}


def _age(born: str, on: date) -> int | str:
    try:
        day = date.fromisoformat(born)
    except ValueError:
        return ""
    return ages.common(day, on)
