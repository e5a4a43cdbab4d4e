"""A rehearsal on a terminal: a table for a person, JSON for a program."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from unicodedata import east_asian_width

from .at_once import Shown
from .comparing import CHANGES
from .results import Line

_HEADS = {
    "stored": "found then", "before": "now", "after": "new", "appear": "appear",
    "disappear": "disappear", "severity": "severity", "deadline": "deadline",
    "recipients": "to", "failures": "fail", "gaps_before": "gaps now", "gaps": "gaps new",
}  # fmt: skip


def as_json(shown: Shown) -> str:
    return json.dumps(asdict(shown), ensure_ascii=False, indent=2, default=str)


def as_table(shown: Shown) -> str:
    """All rules; then, of the counties, what would change; then examples."""
    changing = [line for line in shown.lines if _changes(line)]
    parts = [
        f"Rules {shown.sha256[:12]} over {shown.files} files since {shown.since},"
        f" compared with the rules in force ({shown.against[:12]}).",
        "",
        *_table(
            ["rule", *_HEADS.values()], [[line.rule, *_numbers(line)] for line in shown.totals]
        ),
        "",
        "By county, what would change:" if changing else "Nothing would change in any county.",
    ]
    if changing:
        rows = [[f"{line.county} {line.place}", line.rule, *_numbers(line)] for line in changing]
        parts += _table(["county", "rule", *_HEADS.values()], rows)
    if shown.examples:
        parts += ["", "Examples (change, rule and branch, child, operation, facts that matched):"]
        parts += [
            f"  {one.change} {one.rule}.{one.branch} {one.file} {one.op} {_facts(one.facts)}"
            for one in shown.examples
        ]
    if shown.sealed_left_out:
        parts += ["", f"Sealed rules are left out: {', '.join(shown.sealed_left_out)}. --for names"
                  " a county lead who may know their numbers."]  # fmt: skip
    return "\n".join(parts)


def _changes(line: Line) -> bool:
    counts = line.counts
    return any(counts[name] for name in (*CHANGES, "failures")) or (
        counts["gaps"] != counts["gaps_before"]
    )


def _numbers(line: Line) -> list[str]:
    return [str(line.counts[name] or "·") for name in _HEADS]


def _facts(facts: object) -> str:
    return json.dumps(facts, ensure_ascii=False, default=sorted)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    table = [list(heads), *(list(row) for row in rows)]
    widths = [max(_width(row[at]) for row in table) for at in range(len(heads))]
    return [
        "  ".join(_padded(cell, widths[at]) for at, cell in enumerate(row)).rstrip()
        for row in table
    ]


def _width(text: str) -> int:
    """On a terminal a Chinese character takes two places."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))
