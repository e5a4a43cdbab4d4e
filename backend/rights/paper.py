"""The copy as paper: the same contents, set for a person to read."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from backend.dossier import pdf, words

TEMPLATE = Path(__file__).with_name("copy.typ")


def of(contents: Mapping[str, Any], *, county: str, now: datetime) -> bytes:
    texts = {
        "county": county,
        "made_at": words.moment(now),
        "child": _rows(contents["child"]),
        "guardian": _rows(contents["guardian"]),
        "delegations": [_delegation(one) for one in contents["delegations"]],
        "visits": [
            {"title": f"{one['on']}　{one['mode_label']}", "lines": one["lines"]}
            for one in contents["visits"]
        ],
    }
    return pdf.typeset(TEMPLATE, "copy.json", texts, now=now)


def _rows(sections: list[dict[str, Any]]) -> list[list[str]]:
    return [pair for section in sections for pair in section["lines"]]


def _delegation(one: Mapping[str, Any]) -> list[str]:
    days = [one["valid_from"] or "未写明", one["revoked_on"] or one["expires_on"] or "未写明"]
    return [one["state_label"], " 至 ".join(days)]
