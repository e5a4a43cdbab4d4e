"""What a division code says by itself: 2, 4, 6, 9 or 12 digits, and a prefix is the wider division.

Pure: nothing here knows which codes exist. GB/T 2260 gives the first six digits, the statistical
code adds three for the township and three for the village.
"""

from collections.abc import Iterable

from .errors import CodeMalformed

LEVELS = {2: "province", 4: "prefecture", 6: "county", 9: "township", 12: "village"}
COUNTRY = ""


def is_well_formed(code: str) -> bool:
    return len(code) in LEVELS and code.isascii() and code.isdigit()


def level(code: str) -> str:
    """Raises `CodeMalformed`."""
    if not is_well_formed(code):
        raise CodeMalformed(given=code[:20])
    return LEVELS[len(code)]


def parent_of(code: str) -> str:
    """The next wider code; that of a province is `COUNTRY`."""
    level(code)
    return max((code[:length] for length in LEVELS if length < len(code)), key=len, default=COUNTRY)


def ancestors(code: str) -> list[str]:
    """From the province down to the code itself."""
    level(code)
    return [code[:length] for length in LEVELS if length <= len(code)]


def county_of(code: str) -> str | None:
    """The six digits of the county, or nothing for what is wider than a county."""
    level(code)
    return code[:6] if len(code) >= 6 else None


def covers(prefixes: Iterable[str], code: str) -> bool:
    """Whether one of the prefixes contains the code. `COUNTRY` contains every code.

    A prefix that ends between two levels contains nothing: a slip must never widen a scope.
    """
    return any(
        prefix == COUNTRY or (is_well_formed(prefix) and code.startswith(prefix))
        for prefix in prefixes
    )


def wider(prefixes: Iterable[str], level: str) -> tuple[str, ...]:
    """Those of the prefixes that reach wider than a level of `LEVELS`; all of them where none is named."""
    if not level:
        return tuple(prefixes)
    digits = next(length for length, name in LEVELS.items() if name == level)
    return tuple(prefix for prefix in prefixes if len(prefix) < digits)
