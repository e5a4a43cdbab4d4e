"""What is wrong with any answer, whatever was asked."""

import re
from typing import Any

from .routes import Route

# Published once and never changed, without a word about a child: these say themselves that they stay.
KEPT = {
    "GET /api/v1/forms/",
    "GET /api/v1/forms/<form>/<version>/",
    "GET /api/v1/rules/content/<sha256>/",
}
# In a text that is itself JSON the quotation mark is escaped.
TIME = re.compile(r'"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d[^"\\]*)\\?"')
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def is_json(answer: Any) -> bool:
    return not answer.content or "json" in answer.get("Content-Type", "")


def wrong(route: Route, path: str, data: Any, answer: Any) -> str:
    """What is wrong with an answer, if anything is."""
    of = f"{route} {path[:160]!a} {str(data)[:160]!a}"
    if answer.status_code >= 500:
        return f"{answer.status_code}: {of}"
    if path.startswith("/api/") and answer.status_code >= 400 and not is_json(answer):
        return f"no JSON: {of}"
    if "no-store" not in answer.get("Cache-Control", "") and str(route) not in KEPT:
        return f"kept: {of}"
    times = (
        TIME.findall(answer.content.decode())
        if path.startswith("/api/") and is_json(answer)
        else []
    )
    return next((f"no time of RFC 3339: {t} {of}" for t in times if not RFC_3339.fullmatch(t)), "")
