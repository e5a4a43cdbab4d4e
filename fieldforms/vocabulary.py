"""The one home of every coded list and its labels, read from `vocabulary.yaml`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).with_name("vocabulary.yaml")


@cache
def _lists() -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    loaded: dict[str, Any] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return loaded


def codes(name: str) -> list[str]:
    """The stored codes of a list, in the order they are shown. Raises `KeyError` for an unknown list."""
    return list(_lists()[name])


def label(name: str, code: str, language: str) -> str:
    """The label of one code; `language` is `zh` or `en`. Raises `KeyError` for an unknown code."""
    words: str = _lists()[name][code][language]
    return words


def detail(name: str, code: str, key: str) -> Any:
    """What else a list says of a code, beside its labels: a basis, a condition. None if nothing."""
    return _lists()[name][code].get(key)


def distinct() -> list[str]:
    """The names of the lists, without those that have the same codes as an earlier one."""
    return list({frozenset(codes(name)): name for name in reversed(list(_lists()))}.values())[::-1]
