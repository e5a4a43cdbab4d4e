"""One operation through the door, and what its receipt says to whoever handed it in."""

from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import get_language

from backend.accounts import queries as accounts
from sync import oplog
from sync.entries import Draft
from sync.protocol.messages import Receipt
from sync.push import submit
from sync.registry import Refused

from . import errors

# What two people who click at the same time may meet: the caller says it in its own words.
ANSWERED = ("missing.open_already",)
_TRANSITIONS = ("referral.transition", "missing.transition")


def hand_in(draft: Draft, now: datetime) -> Receipt:
    """The receipt of what was applied, or refused under one of `ANSWERED`.

    Raises `ReferralStale`, `StepRefused`, and `StepWaits` when the server tries again by itself.
    """
    (receipt,) = submit([draft], now=now, english=language() == "en")
    if receipt.outcome == "applied" or receipt.code in ANSWERED:
        return receipt
    if receipt.code == "stale":
        raise said_stale(draft.target, int(draft.data["revision"]) + 1, now)
    if receipt.code in _TRANSITIONS:
        said = receipt.message or ""
        raise errors.StepRefused(sentence_zh=said, sentence_en=said)
    raise errors.StepWaits()


def refused(refusal: Refused) -> errors.StepRefused:
    return errors.StepRefused(sentence_zh=refusal.zh, sentence_en=refusal.en)


def said_stale(record: UUID, revision: int, opened: datetime) -> errors.ReferralStale:
    last = oplog.load(
        "target = ANY(%s) AND outcome = 'applied' AND decision = (SELECT max(decision) FROM"
        " sync_operation WHERE target = ANY(%s) AND outcome = 'applied')",
        [[record], [record]],
    )
    who = accounts.names([last[0].person]).get(last[0].person, "") if last else ""
    when = timezone.localtime(last[0].received if last else opened)
    system = "The system" if language() == "en" else "系统"
    return errors.ReferralStale(who=who or system, when=f"{when:%Y-%m-%d %H:%M}", revision=revision)


def language() -> str:
    return "en" if (get_language() or "").startswith("en") else "zh"
