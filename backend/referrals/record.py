"""What sync is told about referrals and missing children. All but the checks are pure."""

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fieldforms.vocabulary import label
from sync import oplog
from sync.entries import Entry
from sync.registry import Columns, Policy, Problem, RecordType, Reference

from . import life, missing_life
from .models import Missing, MissingClue, Organisation, Referral, ReferralCard


def check_referrals(entries: Sequence[Entry]) -> list[list[Problem]]:
    """Under the file's lock: a need that is open already is not drafted a second time."""
    drafted = [e for e in entries if e.kind == "referral.draft" and e.data.get("auto")]
    if drafted:
        rows = Referral.objects.filter(file__in={e.file for e in drafted}, auto=True)
        known = rows.exclude(status__in=life.ENDED).values_list("file", "need", "id")
        taken = {(file, need): id_ for file, need, id_ in known}
        for entry in drafted:
            if taken.setdefault((entry.file, entry.data["need"]), entry.target) != entry.target:
                entry.quarantine("referral.open_already", "need", message=_OPEN_ALREADY)
    return [[] for _ in entries]


def check_missing(entries: Sequence[Entry]) -> list[list[Problem]]:
    """Under the file's lock: a child is missing once at a time."""
    noted = [entry for entry in entries if entry.kind == "missing.note"]
    if noted:
        rows = Missing.objects.filter(file__in={entry.file for entry in noted})
        rows = rows.exclude(status__in=missing_life.MISSING_ENDED)
        taken = dict(rows.values_list("file", "id"))
        for entry in noted:
            if taken.setdefault(entry.file, entry.target) != entry.target:
                entry.quarantine("missing.open_already", "child", message=_MISSING_ALREADY)
    return [[] for _ in entries]


_OPEN_ALREADY = (
    "这个孩子的此项需求已有未结的转介，请在该转介中办理。",
    "This need of the child is being referred already; go on there.",
)
_MISSING_ALREADY = (
    "这个孩子已有一条未结束的走失记录，请在该记录中办理。",
    "This child has an open missing record already; go on there.",
)


def card_columns(columns: Columns | None, entry: Entry) -> Columns:
    """Each operation says all of it: the last one is the card."""
    data = entry.data
    return {
        "op": entry.op,
        "referral": UUID(data["referral"]),
        "kind": data["kind"],
        "need": data["need"],
        "status": data["status"],
        "outcome": data["outcome"],
        "organisation": UUID(data["organisation"]) if data["organisation"] else None,
        "due_on": dt.date.fromisoformat(data["due_on"]) if data["due_on"] else None,
    }


def render_cards(rows: Any, opened: Any) -> list[dict[str, Any]]:
    told = oplog.contents(row.op for row in rows)
    names = dict(
        Organisation.objects.filter(id__in=[row.organisation for row in rows]).values_list(
            "id", "name"
        )
    )
    return [
        {
            "referral": str(row.referral),
            "kind": row.kind,
            "kind_words": _words("referral_kind", row.kind),
            "need": row.need,
            "need_words": _words("need", row.need),
            "status": row.status,
            "status_words": _words("referral_status", row.status),
            "outcome": row.outcome,
            "outcome_words": _words("referral_outcome", row.outcome),
            "organisation": names.get(row.organisation, ""),
            "due": row.due_on and row.due_on.isoformat(),
            "text": told.get(row.op, {}).get("text", ""),
        }
        for row in rows
    ]


def _words(name: str, code: str) -> dict[str, str]:
    """Both languages, so that an older phone can show a code it does not know."""
    return {language: label(name, code, language) for language in ("zh", "en")} if code else {}


def clue_columns(entry: Entry) -> Columns:
    return {"person": entry.person, "observed": entry.observed}


def check_clues(entries: Sequence[Entry]) -> list[list[Problem]]:
    return [[] if str(entry.data.get("text") or "").strip() else [_EMPTY] for entry in entries]


_EMPTY = Problem(
    "text", "required", "线索没有内容，请补充。", "The clue says nothing; add what it is."
)

REFERRAL = RecordType(
    name="referral", model=Referral, policy=Policy.SERIALISED, kinds=life.KINDS,
    columns=life.COLUMNS, check=check_referrals, advance=life.advance, server_only=True,
    references=[Reference("escalation", "escalation")],
    harmless={
        "cause": "the operation it follows from; the server names it",
        "organisation": "whose it is to do; of the directory, not of a file",
        "sent_op": "its own step", "asked_by": "a person",
    },
)  # fmt: skip
REFERRAL_CARD = RecordType(
    name="referral_card", model=ReferralCard, policy=Policy.SERIALISED,
    kinds={"referral_card.show": True},
    columns=["op", "referral", "kind", "need", "status", "outcome", "organisation", "due_on"],
    advance=card_columns, render=render_cards, references=[Reference("referral", "referral")],
    harmless={"organisation": "whose it is to do; of the directory, not of a file"},
)  # fmt: skip
MISSING = RecordType(
    name="missing", model=Missing, policy=Policy.SERIALISED, kinds=missing_life.KINDS,
    columns=missing_life.COLUMNS, check=check_missing, advance=missing_life.advance,
    server_only=True, references=[Reference("finding", "finding")],
    harmless={
        "prepared_op": "its own step", "confirmed_op": "its own step", "prepared_by": "a person",
    },
)  # fmt: skip
# No `render`: who reported what about a missing child is for the office and the police.
MISSING_CLUE = RecordType(
    name="missing_clue", model=MissingClue, policy=Policy.APPEND, kinds={"missing.clue": True},
    columns=["person", "observed"], check=check_clues, project=clue_columns,
    harmless={"person": "who noted it"},
)  # fmt: skip
RECORD_TYPES = [REFERRAL, REFERRAL_CARD, MISSING, MISSING_CLUE]
