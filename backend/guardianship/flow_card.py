"""The way of a case as a reader or a program gets it: steps, needs and labels. Pure."""

from collections.abc import Mapping
from typing import Any

from fieldforms.vocabulary import label

from .case_flow import STEPS, Need, Step
from .order_life import APPLY, ORDER_STEPS


def card() -> dict[str, Any]:
    return {
        "case": _steps(STEPS, "case_step"),
        "protection_order": _steps({"apply": APPLY, **ORDER_STEPS}, "protection_step"),
    }


def _steps(steps: Mapping[str, Step], words: str) -> list[dict[str, Any]]:
    return [
        {
            "step": name,
            "label": pair(words, name),
            "before": step.before,
            "after": step.after,
            "approved": step.approved,
            "needs": [_need(need) for need in step.needs],
            "evidence": step.evidence,
            "basis": [label("legal_basis", code, "en") for code in step.basis],
        }
        for name, step in steps.items()
    ]


def _need(need: Need) -> dict[str, Any]:
    return {
        "name": need.name,
        "label": pair("case_field", need.name),
        "kind": need.kind,
        "list": need.list,
        "required": need.required,
        "when": need.when,
    }


def pair(words: str, code: str) -> dict[str, str]:
    return {language: label(words, code, language) for language in ("zh", "en")}
