"""One operation of a person through the door, and what its receipt says to whoever handed it in."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from backend.common.errors import Stale, StepRefused, StepWaits
from backend.common.language import language
from sync import oplog
from sync.entries import Draft
from sync.protocol.messages import Receipt
from sync.push import submit
from sync.registry import Refused

from . import queries

_SYSTEM = {"zh": "系统", "en": "The system"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """How one application words what the merge answers.

    `transitions`: codes under which it refuses a step. `answered`: codes of what two people who click
    at the same time may meet, which the caller says in its own words.
    """

    stale: type[Stale]
    refused: type[StepRefused]
    transitions: Collection[str]
    answered: Collection[str] = ()

    def hand_in(self, draft: Draft, now: datetime) -> Receipt:
        """The receipt of what was applied, or refused under a code of `answered`.

        Raises `stale`, `refused`, and `StepWaits` when the server tries again by itself.
        """
        (receipt,) = submit([draft], now=now, english=language() == "en")
        if receipt.outcome == "applied" or receipt.code in self.answered:
            return receipt
        if receipt.code == "stale":
            raise self.said_stale(draft.target, int(draft.data["revision"]) + 1, now)
        if receipt.code in self.transitions:
            said = receipt.message or ""
            raise self.refused(sentence_zh=said, sentence_en=said)
        raise StepWaits()

    def not_possible(self, refusal: Refused) -> StepRefused:
        return self.refused(sentence_zh=refusal.zh, sentence_en=refusal.en)

    def said_stale(self, record: UUID, revision: int, opened: datetime) -> Stale:
        """Who changed the record last, and when: `opened` if nobody has."""
        last = oplog.load(
            "target = ANY(%s) AND outcome = 'applied' AND decision = (SELECT max(decision) FROM"
            " sync_operation WHERE target = ANY(%s) AND outcome = 'applied')",
            [[record], [record]],
        )
        who = queries.names([last[0].person]).get(last[0].person, "") if last else ""
        when = timezone.localtime(last[0].received if last else opened)
        return self.stale(
            who=who or _SYSTEM[language()], when=f"{when:%Y-%m-%d %H:%M}", revision=revision
        )
