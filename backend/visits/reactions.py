"""What follows from visits."""

import logging
from collections.abc import Sequence

from fieldforms.sealing import split
from sync.entries import Applied, Draft, Entry
from sync.protocol import ids

logger = logging.getLogger(__name__)
# The kinds that have a sealed operation beside them, and how that one names them.
_OPEN = {"visit.part": "part", "concern.raise": "concern"}


def seal_answers(applied: Sequence[Applied]) -> list[Draft]:
    """What a client put open though it is sealed gets its sealed operation, and so is judged.

    The danger must not be lost with the client's fault, and no finding may come from an open answer.
    The readers of open operations leave these answers out (`fieldforms.sealing.opened`).
    """
    drafts = []
    for item in applied:
        entry = item.entry
        if entry.kind not in _OPEN or not item.created:
            continue
        _, sealed = split(entry.data.get("answers"))
        if not sealed:
            continue
        logger.error("device %s sends sealed answers in %s %s", entry.device, entry.kind, entry.op)
        data = {_OPEN[entry.kind]: str(entry.target), "answers": sealed, "skipped": _skipped(entry)}
        drafts.append(
            Draft(
                op=ids.derived(entry.op, "visit.sealed"),
                person=entry.person,
                kind="visit.sealed",
                target=ids.derived(entry.op, "visit_sealed"),
                file=entry.file,
                data=data,
                at=entry.observed,
            )
        )
    return drafts


def _skipped(entry: Entry) -> list[str]:
    given = entry.data.get("skipped")
    return [name for name in given if isinstance(name, str)] if isinstance(given, list) else []
