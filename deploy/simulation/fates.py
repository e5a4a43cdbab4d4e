"""What befalls single phones and children, by the seed alone: which, when, and for how long.

Kinds are spread over the run rather than drawn for each team, so that a small run has each of them too.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Literal

from . import events
from .cast import Handset, Team, copy_of, replacement

Kind = Literal["revoked", "wiped", "reset", "locked", "twin", "restored"]
# Of a hundred phones.
SHARES: dict[Kind, int] = {
    "revoked": 9, "wiped": 5, "reset": 5, "locked": 7, "twin": 4, "restored": 4,
}  # fmt: skip
# Only with chaos: these lose work or tear a log in two.
CHAOTIC: tuple[Kind, ...] = ("reset", "twin", "restored")
UNLOCKED = 70  # of a hundred locked phones, if there are days left
# Of a hundred teams, how often children of one of its families go to another county.
MOVES = 80
MOVE_ENDS: tuple[tuple[Literal["accept", "refuse", "withdraw"], int], ...] = (
    ("accept", 80), ("refuse", 10), ("withdraw", 10),
)  # fmt: skip
# So many phones and days have everything in them.
WHOLE = (8, 5)


@dataclass(frozen=True, slots=True)
class Fate:
    """`day` is the evening on which it begins; `until` is when the next thing comes of it."""

    kind: Kind
    handset: Handset
    instead: Handset
    copy: Handset
    day: int
    until: int
    notice: int


def fates(
    teams: Sequence[Team], *, days: int, seed: int, first: int, chaos: bool
) -> dict[int, Fate]:
    """By number of the phone; none has two. `first` is the earliest evening."""
    random = Random(f"{seed}/fates")
    handsets = [handset for team in teams for handset in team.handsets]
    if days <= first or len(handsets) < 2:
        return {}
    kinds = [
        kind
        for kind, share in SHARES.items()
        if chaos or kind not in CHAOTIC
        for _ in range(max(1, round(share * len(handsets) / 100)))
    ]
    # Of a few phones some go on working as ever.
    chosen = random.sample(handsets, min(len(kinds), len(handsets) * 3 // 4))
    return {
        handset.number: _fate(kind, handset, len(handsets), days, first, random)
        for kind, handset in zip(kinds, chosen, strict=False)
    }


def _fate(kind: Kind, handset: Handset, phones: int, days: int, first: int, random: Random) -> Fate:
    lasting = kind in ("locked", "twin", "restored")
    day = random.randint(first, max(first, days - (3 if lasting else 1)))
    until = day + (1 if kind == "restored" else random.randint(1, 3))
    return Fate(
        kind, handset, replacement(handset, phones), copy_of(handset, phones), day, until,
        notice=until + random.randint(1, 2),
    )  # fmt: skip


def decisions(fate: Fate, team: Team, day: int, *, unlocked: bool) -> Iterator[events.Decision]:
    """What the office or somebody else does about it this evening."""
    if fate.kind in ("revoked", "wiped", "reset") and day == fate.day:
        yield events.Lose(team, fate.handset, fate.instead, fate.kind)
    elif fate.kind == "locked" and (day == fate.day or (day == fate.until and unlocked)):
        yield events.Lock(team, fate.handset, "lock" if day == fate.day else "unlock")
    elif fate.kind in ("twin", "restored") and day == fate.day:
        yield events.Copy(team, fate.handset, fate.copy)
    elif fate.kind == "restored" and day == fate.until:
        yield events.Restore(team, fate.handset, fate.copy)
    elif fate.kind in ("twin", "restored") and day == fate.notice:
        yield events.Replace(team, (fate.handset, fate.copy), fate.instead)


def moves(
    teams: Sequence[Team], *, days: int, seed: int, first: int
) -> dict[int, list[events.Move]]:
    """By the evening of the offer. The first one is taken over, and no child moves twice."""
    random = Random(f"{seed}/moves")
    counties = {team.county for team in teams}
    if days <= first or len(counties) < 2:
        return {}
    made: dict[int, list[events.Move]] = {}
    count = max(1, round(MOVES * len(teams) / 100))
    for number, team in enumerate(random.sample(list(teams), min(count, len(teams)))):
        family = random.choice(team.families)
        everybody = tuple(range(len(family.children)))
        children = everybody if random.random() < 0.5 else (random.choice(everybody),)
        to_team = random.choice([other for other in teams if other.county != team.county])
        to = random.choice(to_team.people).number
        end = random.choices([e for e, _ in MOVE_ENDS], [n for _, n in MOVE_ENDS])[0]
        move = events.Move(team, family, children, to_team, to, end if number else "accept")
        made.setdefault(random.randint(first, days - 1), []).append(move)
    return made
