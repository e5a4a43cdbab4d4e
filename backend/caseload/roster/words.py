"""Words for coded values: labels of the vocabulary and what counties write instead (`words.yaml`)."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path

import yaml

from fieldforms.vocabulary import codes, label

SOURCE = Path(__file__).with_name("words.yaml")
_NOISE = re.compile(r"[\s()（）·:：*_\-]")
# Not within brackets: those are opened afterwards.
_SEPARATORS = re.compile(r"(?:[、,，;；/|\n]|\s{2,})(?![^(（]*[)）])")
_BRACKET = re.compile(r"([^(（、，,;；/|\n]*)[(（]([^)）]*)[)）]")
# Written where nothing is known; never a value of a text, number, phone or date.
NOTHING = frozenset(
    {"", "无", "没有", "暂无", "不详", "不清楚", "未知", "/", "-", "--", "—", "——", "0", "N/A"}
)


def folded(text: str) -> str:
    """What two spellings of one word have in common: full and half width, brackets, spaces."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()


@cache
def lookup(vocabulary: str) -> Mapping[str, str]:
    """Folded word → code. A label outweighs a synonym."""
    found: dict[str, str] = {}
    for code, words in _synonyms().get(vocabulary, {}).items():
        found |= {folded(word): code for word in words}
    for code in codes(vocabulary):
        found |= {folded(word): code for word in (code, *_labels(vocabulary, code))}
    return found


def _labels(vocabulary: str, code: str) -> tuple[str, str]:
    return label(vocabulary, code, "zh"), label(vocabulary, code, "en")


@cache
def _synonyms() -> Mapping[str, Mapping[str, list[str]]]:
    loaded: dict[str, dict[str, list[str]]] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return loaded


@lru_cache(maxsize=4096)
def code_of(vocabulary: str, text: str) -> str | None:
    """The code a cell means, or None. Of `困境儿童（家庭贫困）` the bracket is the answer."""
    known = lookup(vocabulary)
    if (code := known.get(folded(text))) is not None:
        return code
    bracket = _BRACKET.fullmatch(text.strip())
    if bracket is None:
        return None
    outer, inner = bracket.groups()
    return known.get(folded(inner)) or known.get(folded(outer))


def codes_of(vocabulary: str, text: str) -> tuple[list[str], list[str]]:
    """The codes of a cell that may name several, and the parts that mean none."""
    if (whole := code_of(vocabulary, text)) is not None:
        return [whole], []
    found: list[str] = []
    unknown: list[str] = []
    for part in _parts(text):
        code = code_of(vocabulary, part)
        if code is None:
            unknown.append(part)
        elif code not in found:
            found.append(code)
    return found, unknown


def _parts(text: str) -> list[str]:
    """Between separators; of a bracket that lists several, what it lists."""
    outside = [part.strip() for part in _SEPARATORS.split(text) if part.strip()]
    parts: list[str] = []
    for part in outside:
        bracket = _BRACKET.fullmatch(part)
        listed = _SEPARATORS.split(bracket[2]) if bracket else []
        parts += [inner.strip() for inner in listed] if len(listed) > 1 else [part]
    return parts
