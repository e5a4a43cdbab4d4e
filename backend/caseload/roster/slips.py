"""What is wrong in a roster, and where."""

from dataclasses import dataclass
from typing import Any

from .columns import columns
from .messages import MESSAGES


@dataclass(frozen=True, slots=True)
class Slip:
    """`row` counts as the spreadsheet does. `column` is a key of `columns`, "" for the whole row."""

    row: int
    column: str
    code: str
    value: str = ""
    hint: str = ""

    def message(self, *, english: bool) -> str:
        text = MESSAGES[self.code]["en" if english else "zh"]
        return text.format(value=self.value, hint=self.hint)

    def column_name(self, *, english: bool) -> str:
        return columns()[self.column].named(english=english) if self.column else ""

    def as_dict(self, *, english: bool) -> dict[str, Any]:
        return {
            "row": self.row,
            "column": self.column_name(english=english),
            "code": self.code,
            "message": self.message(english=english),
        }
