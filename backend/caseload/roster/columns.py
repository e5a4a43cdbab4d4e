"""The columns of a roster, from `columns.yaml`, their only home. Pure: needs no Django."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).with_name("columns.yaml")


@dataclass(frozen=True, slots=True)
class Column:
    """`to` is (record, register) or (record, register, member); empty for what only helps to read."""

    key: str
    header: str
    en: str
    reads: str
    also: tuple[str, ...] = ()
    coded: str = ""
    to: tuple[str, ...] = ()
    needed: bool = False

    def named(self, *, english: bool) -> str:
        return self.en if english else self.header


@cache
def columns() -> Mapping[str, Column]:
    """By key, in the order in which we write them."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return {key: _column(key, told) for key, told in loaded.items()}


def _column(key: str, told: dict[str, Any]) -> Column:
    to = tuple(str(told.pop("to", "")).split(".")) if "to" in told else ()
    also = tuple(told.pop("also", ()))
    return Column(key=key, to=to, also=also, **told)
