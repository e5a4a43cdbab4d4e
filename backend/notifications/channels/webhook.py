"""To a county's own system: signed, as `WEBHOOK.md` says."""

import hashlib
import hmac
import json
from typing import Any

from django.conf import settings

from . import http
from .outcome import Letter, Outcome, of_status


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The value of `X-Huxing-Signature`."""
    said = timestamp.encode() + b"." + body
    return "v1=" + hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def headers(letter: Letter, body: bytes) -> dict[str, str]:
    timestamp = str(int(letter.at.timestamp()))
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": str(letter.key),
        "User-Agent": "Huxing",
        "X-Huxing-Timestamp": timestamp,
        "X-Huxing-Signature": signature(letter.secret, timestamp, body),
    }


def encode(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def send(letter: Letter) -> Outcome:
    body = encode(letter.body)
    try:
        answer = http.request(
            "POST", letter.address, headers=headers(letter, body), body=body,
            private=settings.HUXING_WEBHOOK_PRIVATE,
        )  # fmt: skip
    except http.Unreached as error:
        return Outcome(code=error.code, final=error.final)
    return of_status(answer.status, after=answer.after)
