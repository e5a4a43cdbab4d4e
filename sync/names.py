"""Which names that a phone gives may stand in clear beside what is sealed: this server's own, and codes.

Whatever a line says is sealed with it. Beside it stand its kind, the places of what is wrong with it, the
registers on which people disagree, and the columns of its record: names and codes of the protocol, unless
somebody wrote words in their place. Words stay in the line alone.
"""

import re
from collections.abc import Collection, Iterable

from .ports import ports
from .registry import registry

UNKNOWN = "unknown"
_MARK = f"{UNKNOWN}."
# Letters and few digits in a row: no phone number, no day and no number of a card is one.
_CODE = re.compile(r"[A-Za-z_](?:[A-Za-z_]|(?<!\d)\d{1,4}(?!\d))*", re.ASCII)
_LONGEST = 64
# The code of an area, such as a shard: six, nine or twelve digits.
_DIVISION = re.compile(r"\d{6}(?:\d{3}(?:\d{3})?)?", re.ASCII)
_NUMBER = re.compile(r"\d{1,3}", re.ASCII)


def column(name: str, known: Collection[str]) -> str:
    """What a column holds for a name: itself if this server knows it, else a keyed hash of it.

    Equal names are equal in the column, so that one that a later release knows is found again.
    """
    return name if name in known else _MARK + ports().blind(name)


def kind_column(kind: str) -> str:
    return column(kind, registry.by_kind)


def type_column(name: str) -> str:
    return column(name, registry.types)


def hidden(known: Iterable[str]) -> dict[str, str]:
    """The names that are known by now, by what a column holds of each from when it was not."""
    blind = ports().blind
    return {_MARK + own: name for name in known if (own := blind(name))}


def is_hidden(stored: str) -> bool:
    return stored.startswith(_MARK)


def shown(stored: str) -> str:
    """What a person is told of a column: the name, or that this server does not know it."""
    return UNKNOWN if is_hidden(stored) else stored


def is_code(text: str) -> bool:
    """Whether it has the shape of a code, of whatever release, or of a division's."""
    return not text or _is_name(text) or _DIVISION.fullmatch(text) is not None


def _is_name(text: str) -> bool:
    return len(text) <= _LONGEST and _CODE.fullmatch(text) is not None


def place(path: str) -> str:
    """Where in the contents something is: the path as far as its members have the shape of names."""
    kept: list[str] = []
    for member in path.split("."):
        if not (_is_name(member) or _NUMBER.fullmatch(member)):
            break
        kept.append(member)
    return ".".join(kept)
