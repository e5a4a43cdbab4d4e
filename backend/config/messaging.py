"""Reads the settings of messages that leave the system. Each raises `ValueError` for what it cannot use."""

import json
from collections.abc import Sequence
from datetime import time
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Hours = tuple[time, time]


def hours(text: str) -> Hours:
    """`22:00-07:00`; hours that begin when they end are none."""
    begin, dash, end = text.partition("-")
    if not dash:
        raise ValueError(text)
    return time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())


def hours_by_county(items: Sequence[str]) -> dict[str, Hours]:
    """Each like `522630=21:00-08:00`."""
    pairs = [item.partition("=") for item in items]
    return {county.strip(): hours(text) for county, _, text in pairs}


def mail_server(url: str) -> dict[str, Any]:
    """`smtp://user:password@host:587?tls=start`, or `smtps://` for TLS from the first byte."""
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError(url)
    start = parse_qs(parts.query).get("tls") == ["start"]
    default = 465 if parts.scheme == "smtps" else 587 if start else 25
    return {
        "host": parts.hostname,
        "port": parts.port or default,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "tls": "always" if parts.scheme == "smtps" else "start" if start else "",
    }


def json_object(text: str) -> dict[str, Any]:
    read = json.loads(text)
    if not isinstance(read, dict):
        raise ValueError(text)
    return read
