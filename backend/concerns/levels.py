"""How high an escalation stands, and who is passed over. Pure: no database, no clock."""

from collections.abc import Collection

from fieldforms.vocabulary import codes

LEVELS = tuple(codes("escalation_level"))
VILLAGE, TOWNSHIP, COUNTY, PREFECTURE = LEVELS
# Whom the system itself tells, by the level they work at; every other recipient is an outside agency,
# which people refer to. The guardian and the village committee are no recipients at all.
_RECIPIENTS = {
    "supervisor": VILLAGE, "township": TOWNSHIP, "township_aid": TOWNSHIP,
    "county_duty": COUNTY, "county_officer": COUNTY,
}  # fmt: skip


def rank(level: str) -> int:
    """Of no level ("") it is below all others."""
    return LEVELS.index(level) if level else -1


def told(to: Collection[str], severity: str, *, sealed: bool, skips: str = "") -> list[str]:
    """The levels that hear of it when it opens, the lowest first; never empty.

    Sealed ones are for the county's named people. Every critical one tells the township and the
    county. A level that the suspect works at, and all below it, is passed over and the next one told.
    """
    wanted = {_RECIPIENTS[name] for name in to if name in _RECIPIENTS}
    if sealed:
        wanted = {COUNTY}
    elif severity == "critical":
        wanted |= {TOWNSHIP, COUNTY}
    # Outside agencies alone: somebody has to refer it to them.
    wanted = wanted or {TOWNSHIP}
    if skips:
        first = rank(skips) + 1
        wanted = {level if rank(level) >= first else LEVELS[first] for level in wanted}
    return sorted(wanted, key=rank)


def start(to: Collection[str], severity: str, *, sealed: bool, skips: str = "") -> str:
    """Where it stands when it opens: the highest level that was told, or a climb would tell nobody new."""
    return told(to, severity, sealed=sealed, skips=skips)[-1]


def ceiling(severity: str) -> str:
    """How high it may rise: what is low is not the prefecture's business."""
    return COUNTY if severity == "low" else PREFECTURE


def above(level: str) -> str:
    return LEVELS[rank(level) + 1]
