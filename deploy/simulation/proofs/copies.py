"""Two phones that are one device: neither pulls, a person is told, and what is not applied lies before one."""

from collections.abc import Collection, Iterable, Mapping

from ..desk import COUNTIES, Desk
from ..ledger import Operation
from ..verdict import Verdict


def judge_copy(
    number: int, refused: str | None, *, torn: bool, told: bool, verdict: Verdict
) -> None:
    """`torn`: lines of both have come that cannot be of one log. `told`: the office's list has it."""
    if torn and refused != "device.cloned":
        verdict.out_of_scope.append(f"phone {number} is one of two and may pull")
    if torn and not told:
        verdict.differing.append(f"nobody is told that phone {number} is one of two")
    if not torn and (told or refused == "device.cloned"):
        verdict.differing.append(f"phone {number} is taken for one of two")


def judge_waiting(
    written: Mapping[str, Operation], outcomes: Mapping[str, str], waiting: Collection[str],
    verdict: Verdict,
) -> None:  # fmt: skip
    """What was not applied is on somebody's list."""
    verdict.lost += [
        f"{outcome}, and on nobody's list: {written[op]}"
        for op, outcome in sorted(outcomes.items())
        if outcome != "applied" and op not in waiting and op in written
    ]


def on_lists(desk: Desk) -> tuple[set[str], set[str]]:
    """The operations and the devices on the lists of both counties' leads."""
    ops: set[str] = set()
    devices: set[str] = set()
    for row in _rows(desk):
        if row["what"] == "clone":
            devices.add(row["id"])
        elif row["op"]:
            ops.add(row["op"])
    return ops, devices


def _rows(desk: Desk) -> Iterable[dict[str, str]]:
    for county in COUNTIES:
        for state in ("open", "waiting"):
            yield from desk.lead(county).every("quarantine/", state=state)
