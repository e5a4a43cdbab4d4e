"""JSON that is valid and that the decoder, PostgreSQL or a walk over it cannot hold, made into what they can.

Half a surrogate, a number beyond every float and a nesting that ends Python are all valid by RFC 8259. The
line is kept as it came; whoever reads it reads the same mended values, every time.
"""

import json
import math
import re
from typing import Any, NoReturn

# Levels of objects and lists in a line. Ours have six; walks and encoders end between 150 and 1,000.
DEPTH = 64
# A whole number with more characters is none: neither the decoder nor Python takes it.
DIGITS = 4300
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[{]|[\]}]', re.DOTALL)
_SHOWN = "\N{REPLACEMENT CHARACTER}"
_HALF = re.compile("[\ud800-\udfff]")


def shallow(line: bytes) -> bytes:
    """The line with null for whatever is nested deeper than `DEPTH`; the same object if nothing is.

    Most lines have fewer brackets than that in all: two counts.
    """
    if line.count(b"{") + line.count(b"[") <= DEPTH:
        return line
    depth, kept, done, start = 0, [], 0, 0
    for token in _TOKEN.finditer(line):
        mark = token[0]
        if mark in b"[{":
            depth += 1
            if depth == DEPTH + 1:
                start = token.start()
        elif mark in b"]}":
            if depth == DEPTH + 1:
                kept += [line[done:start], b"null"]
                done = token.end()
            depth -= 1
    return b"".join([*kept, line[done:]]) if kept else line


def parse(line: bytes) -> Any:
    """The values of a line that is valid JSON. Raises `ValueError` for what is not."""
    words = shallow(line).decode()
    try:
        value = json.loads(
            words, parse_constant=_no_json, parse_int=whole_number, parse_float=number
        )
    except RecursionError as error:
        raise ValueError("nested too deep, and cut") from error
    return mended(value)


def mended(value: Any) -> Any:
    """Without halves of surrogates. What comes in is no deeper than `DEPTH`."""
    if isinstance(value, str):
        return text(value)
    if isinstance(value, dict):
        return {text(name): mended(one) for name, one in value.items()}
    return [mended(one) for one in value] if isinstance(value, list) else value


def text(value: str) -> str:
    """Text that UTF-8 can hold."""
    return value if value.isascii() else _HALF.sub(_SHOWN, value)


def stored(value: str) -> str:
    """Text that PostgreSQL can hold as well: it has no NUL."""
    return value if value.isascii() and "\0" not in value else text(value).replace("\0", _SHOWN)


def whole_number(digits: str) -> int | None:
    return int(digits) if len(digits) <= DIGITS else None


def number(digits: str) -> float | None:
    found = float(digits)
    return found if math.isfinite(found) else None


def _no_json(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")
