"""Where people are reached outside the system. Addresses are opened here and nowhere else."""

import re
from collections.abc import Collection, Mapping
from uuid import UUID

from backend.accounts import queries as accounts
from backend.common import encrypted
from backend.common.search import normalise_phone

from .models import Preference
from .preferences import EMAIL, SMS

_MOBILE = re.compile(r"1[3-9]\d{9}")


def mobile(text: str) -> str:
    """The eleven digits of a Chinese mobile number, or nothing."""
    digits = normalise_phone(text)
    return digits if _MOBILE.fullmatch(digits) else ""


def chosen(people: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """`{email, mobile}` of those who gave any; two statements."""
    rows = Preference.objects.filter(person__in=people, sealed__isnull=False)
    return encrypted.open_all(
        {person: bytes(sealed) for person, sealed in rows.values_list("person", "sealed") if sealed}
    )


def addresses(people: Collection[UUID]) -> Mapping[UUID, Mapping[str, str]]:
    """By channel, as far as there is one; four statements.

    Who gave no mobile number is reached on the one she was registered with.
    """
    if not people:
        return {}
    cards, own = accounts.cards(people), chosen(people)
    found = {}
    for person in people:
        given = own.get(person, {})
        registered = mobile(cards.get(person, {}).get("phone", ""))
        found[person] = {
            EMAIL: given.get("email", ""), SMS: given.get("mobile") or registered,
        }  # fmt: skip
    return found
