"""The example in `WEBHOOK.md` is what the code does (DELIVERY: signed webhook)."""

import datetime as dt
import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import Any
from uuid import UUID

from django.test import override_settings

from backend.notifications import letters, messages
from backend.notifications.channels import Letter, webhook
from backend.notifications.models import Notice

TEXT = Path(messages.__file__).with_name("WEBHOOK.md").read_text(encoding="utf-8")


def found(pattern: str) -> str:
    match = re.search(pattern, TEXT)
    assert match, pattern
    return match[1]


SECRET = found(r"The secret is `([^`]+)`")
BODY = found(r"```json\n(.*)\n```").encode()
TIMESTAMP = found(r"X-Huxing-Timestamp: (\d+)")
SIGNATURE = found(r"X-Huxing-Signature: (v1=\w+)")


def test_the_written_signature_is_the_codes() -> None:
    assert webhook.signature(SECRET, TIMESTAMP, BODY) == SIGNATURE
    assert webhook.signature(SECRET + "x", TIMESTAMP, BODY) != SIGNATURE
    assert webhook.signature(SECRET, TIMESTAMP + "1", BODY) != SIGNATURE


def test_the_receivers_code_that_is_shown_accepts_it_and_nothing_else() -> None:
    names: dict[str, Any] = {"hashlib": hashlib, "hmac": hmac}
    exec(found(r"```python\n([\s\S]*?)```"), names)
    assert names["is_genuine"](SECRET, TIMESTAMP, SIGNATURE, BODY)
    assert not names["is_genuine"](SECRET, TIMESTAMP, SIGNATURE, BODY + b" ")


def test_the_example_is_signed_and_headed_as_a_letter_is() -> None:
    said = json.loads(BODY)
    letter = Letter(
        key=UUID(said["id"]), address="https://oa.example.cn/", kind=said["kind"], secret=SECRET,
        body=said, at=dt.datetime.fromtimestamp(int(TIMESTAMP), tz=dt.UTC),
    )  # fmt: skip
    assert webhook.encode(letter.body) == BODY
    headers = webhook.headers(letter, BODY)
    assert headers["X-Huxing-Signature"] == SIGNATURE
    assert headers["Idempotency-Key"] == said["id"]


def test_the_example_has_the_members_that_are_sent_and_the_table_names_them() -> None:
    said = json.loads(BODY)
    row = Notice(
        kind=said["kind"], values=said["values"], county=said["county"], critical=True,
        at=dt.datetime.fromisoformat(said["at"]), subject=UUID(said["subject"]),
    )  # fmt: skip
    with override_settings(HUXING_ADDRESS="https://huxing.example.cn"):
        sent = letters.event(UUID(said["id"]), row, {"522630100": "台江县施洞镇"})
    assert webhook.encode(sent) == BODY
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[a-z_`, ]+) \|", TEXT, re.MULTILINE)))
    assert named == list(said)
