"""The vocabulary as Django choices."""

from typing import Any

from django.utils.functional import lazystr
from django.utils.translation import get_language

from .vocabulary import codes, label


class _Label:
    def __init__(self, name: str, code: str) -> None:
        self.name, self.code = name, code

    def __str__(self) -> str:
        language = "en" if (get_language() or "").startswith("en") else "zh"
        return label(self.name, self.code, language)


def choices(name: str) -> list[tuple[str, Any]]:
    """`[(code, label)]` of a list; the label is translated when it is shown."""
    return [(code, lazystr(_Label(name, code))) for code in codes(name)]
