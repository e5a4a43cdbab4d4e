"""Every need ticked in a visit becomes a referral that somebody has to send. Inside the writing transaction."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from backend.children import queries as children
from fieldforms.sealing import split
from sync.entries import Applied, Draft, Entry
from sync.protocol import ids

from .life import ENDED, NEEDS
from .models import Referral

Need = tuple[UUID, str]  # a child and what it needs


def draft_needs(applied: Sequence[Applied], now: datetime) -> list[Draft]:
    """One draft for a child and need, however often it is ticked while it is open. Three statements."""
    ticked: dict[Need, Entry] = {}
    for item in applied:
        if item.type == "visit_part" and item.created:
            for need in _needs(item.entry):
                ticked.setdefault((item.entry.file, need), item.entry)
    if not ticked:
        return []
    files = {file for file, _ in ticked}
    open_ones, met = _known(files)
    lives = dict(children.everybody().filter(id__in=files).values_list("id", "division"))
    return [
        _draft(need, entry, lives.get(file) or entry.shard, now)
        for (file, need), entry in ticked.items()
        if (file, need) not in open_ones
        # A visit that came late does not ask again for what was done since.
        and not ((file, need) in met and met[file, need] >= entry.observed)
    ]


def _needs(entry: Entry) -> list[str]:
    answers, _ = split(entry.data.get("answers"))
    given = answers.get("needs")
    return [need for need in NEEDS if isinstance(given, list) and need in given]


def _known(files: set[UUID]) -> tuple[set[Need], dict[Need, datetime]]:
    """The needs with an open referral, sealed ones left out, and when each was last met."""
    rows = Referral.objects.filter(file__in=files, sealed=False).exclude(need="")
    open_ones = set(rows.exclude(status__in=ENDED).values_list("file", "need"))
    done = rows.filter(status="done").values("file", "need").annotate(at=Max("ended_at"))
    return open_ones, {(row["file"], row["need"]): row["at"] for row in done}


def _draft(need: str, entry: Entry, division: str, now: datetime) -> Draft:
    return Draft(
        op=ids.derived(entry.op, "referral.draft", need), person=entry.person,
        kind="referral.draft", target=ids.derived(entry.op, "referral", need), file=entry.file,
        data={
            "kind": "legal_consultation" if need == "legal" else "referral", "need": need,
            "auto": True, "division": division, "cause": str(entry.op),
        },
        at=now,
    )  # fmt: skip
