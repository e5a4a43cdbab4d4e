"""What was found at the end, held against what must be there. Plain values in, complaints out."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .copies import Copies
from .dangers import Dangers, Place
from .ledger import Operation

# The end of an episode as the queue shows it.
State = str


@dataclass(slots=True)
class Verdict:
    """Counts for the table, and a sentence for each thing that is wrong.

    `gone` are operations that went with their phone: nobody had received them, and it will not be switched on
    again. `papers` are attachments whose operation has come; of those `awaited` the phone is gone.
    `unplayed` is what should have happened in the run and has not.
    """

    sent: int = 0
    receipts: Counter[str] = field(default_factory=Counter)
    present: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    out_of_scope: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    conflicts: int = 0
    conflicts_expected: int = 0
    escalations: int = 0
    escalations_expected: int = 0
    escalations_wrong: list[str] = field(default_factory=list)
    gone: int = 0
    gone_papers: int = 0
    papers: int = 0
    papers_whole: int = 0
    papers_awaited: int = 0
    papers_shown: int = 0
    played: dict[str, int] = field(default_factory=dict)
    unplayed: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        return [
            *self.lost, *self.doubled, *self.out_of_scope, *self.differing, *self.escalations_wrong,
            *(f"never played: {kind}" for kind in self.unplayed),
        ]  # fmt: skip

    @property
    def good(self) -> bool:
        """A run in which nothing was sent has proved nothing."""
        return not self.problems and self.sent > 0


@dataclass(frozen=True, slots=True)
class Row:
    """An operation as it lies in the database; `hash` is over the line's bytes, in hexadecimal."""

    op: str
    device: str
    seq: int
    hash: str
    outcome: str


def judge_operations(
    written: Mapping[str, Operation], rows: Iterable[Row], verdict: Verdict, *,
    went: Collection[str] = (), copies: Copies | None = None,
) -> dict[str, str]:  # fmt: skip
    """Each operation that was written is there once and with its bytes, and nothing else is.

    `went` are those that went with their phone: they may be absent. Only phones that are one device
    (`copies`) may have written two at one place. Returns the outcome of each.
    """
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.op, []).append(row)
    gone = set(went) - found.keys()
    verdict.gone, verdict.sent = len(gone), len(written) - len(gone)
    for op, operation in written.items():
        own = found.get(op, [])
        if op in gone:
            continue
        if not any(row.hash == operation.hash and row.seq == operation.seq for row in own):
            verdict.lost.append(f"lost: {operation}")
        else:
            verdict.present += 1
        if len(own) > 1:
            verdict.doubled.append(f"{len(own)} times in the database: {operation}")
    verdict.doubled += [f"nobody wrote operation {op}" for op in found.keys() - written.keys()]
    places: dict[tuple[str, int], list[str]] = {}
    for row in (row for own in found.values() for row in own):
        places.setdefault((row.device, row.seq), []).append(row.op)
    for place, ops in places.items():
        by = [written[op].handset for op in ops if op in written]
        if len(ops) > 1 and not (copies and len(by) == len(ops) and copies.may_share_a_place(by)):
            verdict.doubled.append(f"{len(ops)} operations at {place}")
    return {op: own[0].outcome for op, own in found.items()}


def judge_evidence(
    kind: str, wanted: Mapping[str, Operation], made: Counter[str], outcomes: Mapping[str, str],
    verdict: Verdict,
) -> None:  # fmt: skip
    """Each operation of a kind is one record; `made` counts the records by operation."""
    verdict.lost += [
        f"no record of {operation}"
        for op, operation in wanted.items()
        if op not in made and outcomes.get(op) == "applied"
    ]
    verdict.doubled += [f"{n} records of {kind} {op}" for op, n in made.items() if n > 1]
    verdict.doubled += [f"nobody wrote {kind} {op}" for op in made.keys() - wanted.keys()]


def judge_receipt(
    operation: Operation, told: str | None, outcome: str | None, verdict: Verdict, *,
    counts: bool = True,
) -> None:  # fmt: skip
    """What a phone was told of an operation is what the server has decided.

    Only held may have become something else: a phone that may not pull never hears of it.
    """
    verdict.receipts[told or "none"] += counts
    if told is None or (told != outcome and told != "held"):
        verdict.differing.append(f"{operation}: the phone was told {told}, it is {outcome}")


def judge_holdings(
    number: int, held: Collection[str], permitted: Collection[str], *, digest_agrees: bool,
    verdict: Verdict,
) -> None:  # fmt: skip
    """A phone holds the files of its people, all of them and no other."""
    wanted, there = set(permitted), set(held)
    verdict.out_of_scope += [f"phone {number} holds file {f}" for f in sorted(there - wanted)]
    verdict.differing += [f"phone {number} lacks file {f}" for f in sorted(wanted - there)]
    if not digest_agrees:
        verdict.differing.append(f"phone {number}: its digest is not the server's")


def judge_values(
    place: str, there: Mapping[str, Collection[str]], must: Mapping[str, Collection[str]],
    verdict: Verdict,
) -> None:  # fmt: skip
    """Register by register, the operations whose values stand."""
    for name in sorted(there.keys() | must.keys()):
        live, wanted = set(there.get(name, ())), set(must.get(name, ()))
        if live != wanted:
            verdict.differing.append(
                f"{place} {name}: {sorted(live - wanted)} stand and must not,"
                f" {sorted(wanted - live)} must and do not"
            )


def judge_escalations(
    dangers: Dangers, found: Sequence[Mapping[str, Any]], verdict: Verdict
) -> None:
    """One for each child and episode; the last is open or ended as the model says."""
    there: dict[Place, dict[int, State]] = {}
    for row in found:
        episodes = there.setdefault((row["child"], row["sealed"]), {})
        if row["episode"] in episodes:
            verdict.escalations_wrong.append(f"{_of(row['child'], row['sealed'])} are there twice")
        episodes[row["episode"]] = "ended" if row["resolved_at"] else "open"
    wanted = {
        place: {n: "open" if end is None else "ended" for n, end in enumerate(ends, start=1)}
        for place, ends in dangers.episodes.items()
    }
    verdict.escalations = len(found)
    verdict.escalations_expected = sum(map(len, wanted.values()))
    for place in sorted(wanted.keys() | there.keys()):
        must, is_ = wanted.get(place, {}), there.get(place, {})
        if must != is_:
            verdict.escalations_wrong.append(f"{_of(*place)}: expected {must}, found {is_}")


def _of(child: str, sealed: bool) -> str:
    return f"the {'sealed ' if sealed else ''}escalations of child {child}"
