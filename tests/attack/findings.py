"""What an attack found, and the one table that says it."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass
class Row:
    """One line of the table; each hit is a sentence that says where to look."""

    attack: str
    tried: int = 0
    hits: list[str] = field(default_factory=list)
    # What was tried, how far it got, and what was measured.
    where: str = ""


def table(rows: Iterable[Row]) -> str:
    """Columns for a person; beneath it every hit."""
    rows = list(rows)
    lines = [("attack", "tried", "hits", "where")]
    lines += [(row.attack, f"{row.tried:,}", f"{len(row.hits):,}", row.where) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(3)]
    said = [
        f"{one:<{widths[0]}}  {two:>{widths[1]}}  {three:>{widths[2]}}  {four}".rstrip()
        for one, two, three, four in lines
    ]
    said += [f"HIT {row.attack}: {hit}" for row in rows for hit in row.hits]
    return "\n".join(said)


def exit_code(rows: Iterable[Row]) -> int:
    """1 on any hit, and where an attack has tried nothing: it proves nothing then."""
    return int(any(row.hits or not row.tried for row in rows))
