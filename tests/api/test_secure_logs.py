"""Marked values go through every kind of failure; no log and no stored error has one of them after."""

import io
import logging
import sys
import warnings
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from celery import current_app
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client

from backend.accounts import services
from backend.accounts.models import AccessToken, Person
from backend.config import logs
from backend.notifications.channels import Letter
from backend.notifications.claims import Claim
from backend.notifications.delivery import _send
from sync import apply
from sync.models import Operation
from sync.uploads import metadata

from .conftest import NOW, PASSWORD, HttpPhone
from .test_sync import new, register

# Made while the test runs: what stands in a source file may be told.
MARK = f"龙{uuid4().hex[:6]}燕"
SECRET = uuid4().hex
HOST = f"{SECRET[:8]}.example.cn"


@pytest.fixture
def heard() -> Iterator[dict[str, io.StringIO]]:
    """All that is logged, at the lowest level, by format."""
    root, level = logging.getLogger(), logging.getLogger().level
    streams, handlers = {}, []
    for kind in logs.FORMATS:
        made = logs.formatter(kind)
        streams[kind] = io.StringIO()
        handler = logging.StreamHandler(streams[kind])
        handler.setFormatter(made.pop("()")(**made))
        handlers.append(handler)
        root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield streams
    root.setLevel(level)
    for handler in handlers:
        root.removeHandler(handler)


def test_no_failure_puts_a_value_into_a_log_secure(
    heard: dict[str, io.StringIO], http_phone: HttpPhone, administrator: Person,
    monkeypatch: pytest.MonkeyPatch, capfd: Any, settings: Any,
) -> None:  # fmt: skip
    secrets = [MARK, SECRET, PASSWORD, http_phone.token, http_phone.token[:8]]
    secrets += _through_the_api(administrator)
    _through_the_phone(http_phone, monkeypatch)
    _behind_the_scenes(monkeypatch, settings)
    stored = [*Operation.objects.exclude(error="").values_list("error", flat=True)]
    told = {kind: stream.getvalue() for kind, stream in heard.items()}
    told |= {"error output": capfd.readouterr().err, "stored": "\n".join(stored)}
    for where, text in told.items():
        assert [word for word in secrets if word in text] == [], where
    for needed in (
        "route=/api/v1/auth/login", "django.security.DisallowedHost", "is held for a retry",
        "IntegrityError 23505 accounts_person", "DataError 22P02", "Task backend.tests.fails[", "ended by an error",
        "UserWarning at ", "was not written: ValueError", "CommandError",
    ):  # fmt: skip
        assert needed in told["plain"], needed
    assert [line.partition(" at ")[0] for line in stored] == ["ValueError"]


def _through_the_api(administrator: Person) -> list[str]:
    """What was made on the way and is secret too: whole, and the part that a table shows."""
    client = Client(raise_request_exception=False)
    _, token = AccessToken.objects.create(user=administrator)
    let_in = {"headers": {"authorization": f"Token {token}"}, "content_type": "application/json"}
    bad = f'{{"name": "{MARK}", "password": "{SECRET}"'.encode()
    code = services.enrolment_code_create(
        people=[administrator.id], actor=administrator.id, now=NOW
    )
    client.post("/api/v1/auth/login", {"username": MARK, "password": SECRET}, "application/json")
    client.post("/login/", {"username": MARK, "password": SECRET})
    client.post("/api/v1/enrol", {"code": SECRET, "device": MARK}, "application/json")
    client.get("/api/v1/me", headers={"authorization": f"Token {SECRET}"})
    client.get("/api/v1/people/", headers={"host": HOST})
    client.get(f"/api/v1/{MARK}?q={MARK}", headers={"referer": f"https://{HOST}/{MARK}"})
    for body in (bad, bad + b"}", b'["\\u0000"]'):
        client.post("/api/v1/people/", body, **let_in)
        client.post("/api/v1/me/password", body, **let_in)
    rows = SimpleUploadedFile(f"{MARK}.xlsx", f"PK\x03\x04{MARK}".encode())
    headers = {"authorization": f"Token {token}"}
    client.post("/api/v1/roster/imports", {"file": rows}, headers=headers)
    client.post("/office/language/", {"language": MARK}, headers={"cookie": f"sessionid={SECRET}"})
    return [token, token[:8], code]


def _through_the_phone(phone: HttpPhone, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that cannot be read or applied, and a reaction that fails with their words in its error."""
    child = register(phone, name=MARK)
    phone.say(f"kind.{MARK}", new(), {"text": MARK}, file=child)
    phone.sync(*phone.log)
    phone.post(b"{" + MARK.encode())
    phone.post(phone.log[0][:40] + MARK.encode())

    def fails(*_: Any) -> Any:
        raise ValueError(f"{MARK} was said")

    phone.say("concern.raise", new(), {"kind": "violence", "text": MARK}, file=child)
    with monkeypatch.context() as patch:
        patch.setattr(apply.ports(), "react", fails)
        phone.sync(phone.log[-1])
    sent = {"tus-resumable": "1.0.0", "authorization": f"Token {phone.token}", "upload-length": "3"}
    named = metadata.write(sha256=MARK)
    phone.client.post("/api/v1/uploads/", headers={**sent, "upload-metadata": named})


def _behind_the_scenes(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    logger = logging.getLogger("backend.secure_logs")
    try:
        with transaction.atomic():
            Person.objects.bulk_create(Person(id=uuid4(), username=MARK) for _ in range(2))
    except Exception:
        logger.exception("the database refused %s", ValueError(MARK))
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT %s::int", [MARK])
    except Exception:
        logger.exception("the database could not read")
    # As the library would tell it, at its lowest level.
    logging.getLogger("django.db.backends").debug("(%.3f) %s; args=%s", 0.1, MARK, (MARK,))
    logging.getLogger("urllib3.connectionpool").debug('%s "GET %s" %d', HOST, MARK, 500)

    @current_app.task(name="backend.tests.fails")
    def fails(name: str, *, password: str) -> None:
        raise LookupError(f"{name} {password}")

    fails.apply(args=[MARK], kwargs={"password": SECRET})
    settings.HUXING_SMS_URL = f"http://127.0.0.1:1/{SECRET}"
    for channel in ("sms", "webhook"):
        claim = Claim(**{**dict.fromkeys(Claim.__dataclass_fields__), "channel": channel})
        letter = Letter(key=uuid4(), address=f"http://[{MARK}/", kind="x", text=MARK, at=NOW)
        _send(claim, letter)
    monkeypatch.setattr("backend.notifications.delivery.CHANNELS", {"sms": _value_error})
    _send(Claim(**{**dict.fromkeys(Claim.__dataclass_fields__), "channel": "sms"}), letter)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = logs._warned
        warnings.warn(f"{MARK} is no time", UserWarning, stacklevel=1)
    for command in (["import_roster", MARK], ["rehearse_rules", MARK]):
        try:
            call_command(*command)
        except BaseException:  # noqa: BLE001  as Python itself does
            sys.excepthook(*sys.exc_info())


def _value_error(letter: Letter) -> Any:
    raise ValueError(f"{letter.address} {letter.text}")
