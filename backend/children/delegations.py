"""Delegated guardianship 委托监护: confirmations and their revocation. Evidence: nothing is refused."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.utils import timezone

from fieldforms import checking, sealing
from sync.entries import Entry
from sync.registry import Policy, Problem, RecordType, Reference

from .models import Delegation, DelegationRevocation


def delegation_state(
    valid_from: date | None, expires_on: date | None, revoked_on: date | None, on: date
) -> str:
    """Where a confirmation stands on a day; its last day is included. Pure."""
    if revoked_on and revoked_on <= on:
        return "revoked"
    if valid_from is None or expires_on is None or expires_on < valid_from:
        return "undated"
    if on < valid_from:
        return "future"
    return "expired" if on > expires_on else "valid"


def confirmation_columns(entry: Entry) -> dict[str, Any]:
    given = _answers(entry)
    return {
        "person": entry.person,
        "observed": entry.observed,
        "valid_from": _day(given.get("term_from")),
        "expires_on": _day(given.get("term_to")),
    }


def revocation_columns(entry: Entry) -> dict[str, Any]:
    return {
        "delegation": _uuid(entry.data.get("delegation")),
        "person": entry.person,
        "observed": entry.observed,
        "revoked_on": _day(entry.data.get("on")) or timezone.localdate(entry.observed),
    }


def check_confirmations(entries: Sequence[Entry]) -> list[list[Problem]]:
    found = []
    for entry, problems in zip(entries, checking.check(entries), strict=True):
        columns = confirmation_columns(entry)
        state = delegation_state(
            columns["valid_from"], columns["expires_on"], None, timezone.localdate(entry.observed)
        )
        found.append([*problems, *([_TERM] if state == "undated" else [])])
    return found


def check_revocations(entries: Sequence[Entry]) -> list[list[Problem]]:
    return [[] if _uuid(entry.data.get("delegation")) else [_NAMED] for entry in entries]


_TERM = Problem(
    "answers.term_to",
    "delegation.term",
    "委托期限缺失或先后颠倒,此确认书不计为有效,请核对后重新登记。",
    "The term is missing or ends before it begins; the confirmation does not count as in force.",
)
_NAMED = Problem(
    "delegation",
    "delegation.named",
    "没有指明撤销哪一份确认书,请补充。",
    "It is not said which confirmation is revoked; record it again and name it.",
)


def _answers(entry: Entry) -> Mapping[str, Any]:
    answers = entry.data.get("answers")
    return answers if isinstance(answers, Mapping) else {}


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return None


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _contents(rows: Sequence[Any], opened: Mapping[Any, Any]) -> list[dict[str, Any]]:
    return [
        {
            "person": str(row.person),
            "observed": row.observed.isoformat(),
            "data": sealing.opened(opened[row.id]),
        }
        for row in rows
    ]


# Neither is `dated`: a confirmation of last year may still be in force, and a phone needs it whole.
CONFIRMATION = RecordType(
    name="delegation",
    model=Delegation,
    policy=Policy.APPEND,
    kinds={"delegation.confirm": True},
    urgent=True,
    columns=["person", "observed", "valid_from", "expires_on"],
    harmless={"person": "who recorded it"},
    check=check_confirmations,
    project=confirmation_columns,
    render=_contents,
)
REVOCATION = RecordType(
    name="delegation_revocation",
    model=DelegationRevocation,
    policy=Policy.APPEND,
    kinds={"delegation.revoke": True},
    columns=["delegation", "person", "observed", "revoked_on"],
    references=[Reference("delegation", "delegation")],
    harmless={"person": "who recorded it"},
    check=check_revocations,
    project=revocation_columns,
    render=_contents,
)
RECORD_TYPES = [CONFIRMATION, REVOCATION]
