"""The local variants in force: what divisions set on top of the national rules."""

from collections.abc import Collection
from typing import Any

from backend.regions import codes

from .models import RulesEdition
from .rules import local
from .rules.local import Variant, variant

# Province, prefecture, county.
LEVELS = 3


def steps(division: str) -> list[str]:
    """The divisions whose variants count in one, the widest first."""
    return codes.ancestors(division)[:LEVELS] if codes.is_well_formed(division) else []


def here(divisions: Collection[str]) -> dict[str, list[Variant]]:
    """What is in force in each of these divisions, the widest first; one statement for all."""
    wanted = sorted({step for division in divisions for step in steps(division)})
    rows = RulesEdition.objects.filter(status="published", division__in=wanted)
    found = {
        division: variant(division, content)
        for division, content in rows.values_list("division", "content")
    }
    return {
        division: [found[step] for step in steps(division) if step in found]
        for division in divisions
    }


def risk_levels(divisions: Collection[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """How each division names and colours the risk levels: `{code: {label: {zh, en}, colour}}`, only
    what somebody set. One statement for all.
    """
    return {division: local.risk_levels(own) for division, own in here(divisions).items()}


def cards(division: str) -> list[dict[str, Any]]:
    """`{division, version, sha256, content}` of what is in force in one division, the widest first. One
    statement.
    """
    rows = RulesEdition.objects.filter(status="published", division__in=steps(division))
    found = rows.order_by("division").values("division", "version", "sha256", "content")
    return [dict(row) for row in found]
