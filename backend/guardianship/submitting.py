"""What the office hands in about cases."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.accounts.handing_in import Door
from backend.common.language import language
from fieldforms.vocabulary import label

from . import answers, errors
from .case_flow import Need

DOOR = Door(
    stale=errors.CaseStale,
    refused=errors.StepRefused,
    transitions=(
        "case.transition", "case.approval", "protection_order.transition", "case.closed",
    ),
    answered=("case.open_already", "protection_order.running"),
)  # fmt: skip


def complete(needs: Sequence[Need], given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, as the operation holds it. Raises `CaseIncomplete` naming the fields."""
    data, wrong = answers.read(needs, given)
    if wrong:
        names = [label("case_field", name, language()) for name in wrong]
        raise errors.CaseIncomplete(fields=tuple(wrong), missing=", ".join(names))
    return data
