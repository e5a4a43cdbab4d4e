"""The words of the office's pages, in both languages, read from `texts.yaml`."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from backend.common.language import language

SOURCE = Path(__file__).with_name("texts.yaml")


@cache
def _pages() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    loaded: dict[str, Any] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return loaded


def text(key: str, **values: Any) -> str:
    """The words of `page.name` with `{value}` filled in. Raises `KeyError` for an unknown key."""
    page, name = key.split(".")
    return _pages()[page][name][language()].format(**values)


def every_key() -> list[str]:
    return [f"{page}.{name}" for page, names in _pages().items() for name in names]


def pair(key: str) -> Mapping[str, str]:
    """Both languages of one key."""
    page, name = key.split(".")
    return _pages()[page][name]
