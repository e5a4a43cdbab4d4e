"""What is kept how long, as data: see `schedule.yaml`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).with_name("schedule.yaml")
DOES = ("delete", "propose", "keep")
SET_BY = ("county", "product")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line; `days` or `years` where the product counts, `by` is the beat's entry that sees to it."""

    name: str
    what: Mapping[str, str]
    does: str
    set_by: str
    ground: Mapping[str, str]
    days: int | None = None
    years: int | None = None
    since: Mapping[str, str] | None = None
    by: str = ""

    @property
    def kept(self) -> timedelta:
        """Raises `ValueError` where it is not counted in days."""
        if self.days is None:
            raise ValueError(self.name)
        return timedelta(days=self.days)


@cache
def lines() -> Mapping[str, Line]:
    """By name, in the order of the file."""
    loaded: list[dict[str, Any]] = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    return {
        line["name"]: Line(**{"since" if key == "from" else key: own for key, own in line.items()})
        for line in loaded
    }
