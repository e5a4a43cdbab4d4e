"""Text messages through the operator's gateway, whose request the settings describe."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from . import http
from .outcome import DELIVERED, Letter, Outcome, of_status


def fill(value: Any, given: Mapping[str, str]) -> Any:
    """`{name}` in every string of the template. What is filled in can change no structure."""
    if isinstance(value, str):
        for name, said in given.items():
            value = value.replace(f"{{{name}}}", said)
        return value
    if isinstance(value, dict):
        return {name: fill(inner, given) for name, inner in value.items()}
    return [fill(inner, given) for inner in value] if isinstance(value, list) else value


def send(letter: Letter) -> Outcome:
    try:
        answer = http.request(**_request(letter), private=True)
    except http.Unreached as error:
        return Outcome(code=error.code, final=error.final)
    outcome = of_status(answer.status, after=answer.after)
    if outcome is DELIVERED and settings.HUXING_SMS_SUCCESS not in answer.text:
        return Outcome(code="sms.refused")
    return outcome


def _request(letter: Letter) -> dict[str, Any]:
    text = f"{letter.text} {letter.link}" if letter.link else letter.text
    # The text last: what stands in it is filled in no more.
    given = {
        "phone": letter.address, "key": str(letter.key), "kind": letter.kind, "text": text,
    }  # fmt: skip
    members = fill(settings.HUXING_SMS_BODY, given)
    own = fill(settings.HUXING_SMS_HEADERS, given | {"text": ""})
    headers = {"Idempotency-Key": str(letter.key), "User-Agent": "Huxing", **own}
    method, url = settings.HUXING_SMS_METHOD, settings.HUXING_SMS_URL
    if method == "GET":
        joint = "&" if "?" in url else "?"
        return {
            "method": method,
            "url": url + joint + urlencode(members),
            "headers": headers,
            "body": None,
        }
    if settings.HUXING_SMS_FORMAT == "form":
        headers = {"Content-Type": "application/x-www-form-urlencoded", **headers}
        body = urlencode(members).encode()
    else:
        headers = {"Content-Type": "application/json; charset=utf-8", **headers}
        body = json.dumps(members, ensure_ascii=False).encode()
    return {"method": method, "url": url, "headers": headers, "body": body}
