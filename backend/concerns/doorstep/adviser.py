"""Tells her at the door, without a network, what she has just written down means and what to do now.

The reference client finds `advise` by name (sync/decisions/0010). The findings she was shown are
written into the operation, so that the server's union with its own holds.
"""

import logging
from collections.abc import Sequence
from dataclasses import replace

from sync import faults
from sync.client.advice import Advice, Held
from sync.client.log import New

from ..rules.model import RuleInvalid
from . import cases, words
from .judged import Judged, Rulebook

logger = logging.getLogger(__name__)


def advise(news: Sequence[New], held: Held, *, language: str) -> Advice:
    told = cases.told(news, held)
    if not told:
        return Advice(news)
    try:
        rules = Rulebook(held.config, now=held.now)
    except (KeyError, RuleInvalid):
        return _said(news, words.Said(notes=["no_rules"]), language)
    notes = ["closed"] if held.closed else []
    judged = []
    for one in told:
        try:
            judged.append(rules.judge(one))
        except Exception as error:  # noqa: BLE001
            # A fault in the facts of one child must not silence the others; a person judges it.
            logger.error("%s could not be judged: %s", one.file, faults.summary(error))
            notes.append("by_hand")
    said = words.said(judged, notes=notes, ruleset=rules.sha256, config=held.config)
    return _said(_claimed(news, judged, rules.sha256), said, language)


def _claimed(news: Sequence[New], judged: Sequence[Judged], ruleset: str) -> list[New]:
    """The operations with the findings that she is shown; what another judge wrote stays."""
    claimed = list(news)
    for one in judged:
        new = claimed[one.told.place]
        claims = [shown.claim for shown in one.shown if not shown.by_hand]
        data = (
            new.data if "findings" in new.data or not claims else {**new.data, "findings": claims}
        )
        claimed[one.told.place] = replace(new, data=data, ruleset=new.ruleset or ruleset)
    return claimed


def _said(news: Sequence[New], said: words.Said, language: str) -> Advice:
    tongue = "en" if language.lower().startswith("en") else "zh"
    return Advice(news, said.for_scripts(), said.lines(tongue))
