"""Reads what is no JSON as far as it can be read: raw control characters, NaN, a line that was cut.

For nothing but the search for dangers: what is read here becomes part of no record. It never raises and
never recurses, whatever the bytes are.
"""

import re
from collections.abc import Iterator
from typing import Any

from . import mending

_TOKEN = re.compile(
    r'"(?P<text>(?:[^"\\]++|\\.)*+)(?:"|\\?$)|[{}\[\],:]|[^\s"{}\[\],:]++', re.DOTALL
)
_ESCAPE = re.compile(
    r"\\u(?P<high>d[89ab][0-9a-f]{2})\\u(?P<low>d[c-f][0-9a-f]{2})|\\u(?P<one>[0-9a-f]{4})|\\(?P<other>.)",
    re.DOTALL | re.IGNORECASE,
)
_PLAIN = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": True, "false": False, "null": None}
_NUMBER = re.compile(r"-?\d+(?P<broken>\.\d+)?(?:[eE][+-]?\d+)?", re.ASCII)
_MEMBER = re.compile(r'"\w+"\s*:')
# Objects that may still be found where what is around them is lost.
_WITHIN = ("data", "answers")


def readings(raw: bytes) -> list[dict[str, Any]]:
    """The object that a line is, as often as its doubled members can be read: the last of each, the first."""
    words = raw.decode("utf-8", "replace").removeprefix("\ufeff")
    found = []
    for first in (False, True):
        said = _object(words, first)
        if said not in found:
            found.append(said)
    return found


def text(raw: bytes) -> str:
    """All of it as text, its escapes read."""
    return _unescaped(raw.decode("utf-8", "replace"))


def _object(words: str, first: bool) -> dict[str, Any]:
    said = _read(words, first)
    if not isinstance(said, dict) and (begun := _MEMBER.search(words)):
        said = _read("{" + words[begun.start() :], first)
    whole = said if isinstance(said, dict) else {}
    for name in _WITHIN:
        if isinstance(whole.get("data"), dict):
            break
        if inner := re.search(rf'"{name}"\s*:\s*(?=\{{)', words):
            part = _read(words[inner.end() :], first)
            whole["data"] = part if name == "data" else {name: part}
    return whole


class _Open:
    """An object or list that is not closed yet, and the member that waits for its value."""

    def __init__(self, container: Any) -> None:
        self.container, self.name = container, None

    container: Any
    name: str | None

    def take(self, value: Any, *, first: bool) -> None:
        if isinstance(self.container, list):
            self.container.append(value)
        elif self.name is not None:
            if not (first and self.name in self.container):
                self.container[self.name] = value
            self.name = None
        elif isinstance(value, str):
            self.name = value


def _read(words: str, first: bool) -> Any:
    """The first value; what is open at the end is closed there."""
    top = _Open([])
    stack, too_deep = [top], 0
    for mark, value in _tokens(words):
        here = stack[-1]
        if mark in ("{", "["):
            if too_deep or len(stack) > mending.DEPTH:
                too_deep += 1
                continue
            opened = _Open({} if mark == "{" else [])
            stack.append(opened)
            if isinstance(here.container, list) or here.name is not None:
                here.take(opened.container, first=first)
        elif mark in ("}", "]"):
            if too_deep:
                too_deep -= 1
            elif len(stack) > 1:
                stack.pop()
        elif mark == ",":
            here.name = None
        elif not mark and not too_deep:
            here.take(value, first=first)
        if len(stack) == 1 and top.container:
            break
    return top.container[0] if top.container else None


def _tokens(words: str) -> Iterator[tuple[str, Any]]:
    """Marks of structure; of a value the empty mark and the value. Colons say nothing that is needed."""
    for token in _TOKEN.finditer(words):
        if token["text"] is not None:
            yield "", _unescaped(token["text"])
        elif token[0] in "{}[],":
            yield token[0], None
        elif token[0] != ":":
            yield "", _bare(token[0])


def _bare(word: str) -> Any:
    if word in _WORDS:
        return _WORDS[word]
    if number := _NUMBER.fullmatch(word):
        is_whole = number["broken"] is None and "e" not in word.lower()
        return mending.whole_number(word) if is_whole else mending.number(word)
    return None if word.lstrip("+-") in ("NaN", "Infinity") else word


def _unescaped(words: str) -> str:
    return mending.text(_ESCAPE.sub(_character, words)) if "\\" in words else mending.text(words)


def _character(escape: re.Match[str]) -> str:
    if escape["high"]:
        high, low = int(escape["high"], 16), int(escape["low"], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    if escape["one"]:
        return chr(int(escape["one"], 16))
    return _PLAIN.get(escape["other"], escape["other"])
