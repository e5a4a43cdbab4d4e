"""`no-store` stands on every answer: by the middleware, by what answers without it, and by files on their own."""

import datetime as dt
from typing import Any
from unittest.mock import Mock
from uuid import UUID

import pytest
from django.http import HttpRequest, HttpResponse

from backend.attachments import api as attachments
from backend.attachments import queries
from backend.common.answers import Answers
from backend.common.errors import NotAllowed, ServerFault
from backend.config.unavailable import Said
from backend.dossier import api as dossiers
from backend.recovery import serving
from backend.rights import api as rights
from sync.models import Upload
from sync.uploads import api as uploads

ID = UUID(int=1)


def test_an_answer_that_says_nothing_of_it_is_kept_by_nobody() -> None:
    answer = Answers(lambda _: HttpResponse("a page"))(HttpRequest())
    assert answer["Cache-Control"] == "no-store"


def test_what_stays_for_ever_may_say_so() -> None:
    answer = Answers(lambda _: HttpResponse(headers={"Cache-Control": "immutable"}))(HttpRequest())
    assert answer["Cache-Control"] == "immutable"


@pytest.mark.parametrize("path", ["/api/v1/me", "/office/"])
@pytest.mark.parametrize("error", [NotAllowed, ServerFault])
def test_an_answer_in_place_of_the_product_is_kept_by_nobody(path: str, error: Any) -> None:
    assert Said.of(error(), path=path, english=True).headers["Cache-Control"] == "no-store"


def test_nor_is_one_from_before_the_ledger_was_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**_: Any) -> Any:
        raise NotAllowed

    monkeypatch.setattr(serving, "catch_up", fails)
    told: list[Any] = []
    never = serving.AfterTheLedger(lambda *_: pytest.fail("it was served"))
    never({}, lambda status, headers: told.append((status[:3], dict(headers)["Cache-Control"])))
    assert told == [("503", "no-store")]


def test_a_file_says_it_itself() -> None:
    photograph = queries.Content("image/jpeg", b"jpg")
    files = (
        attachments.served(photograph, ID), dossiers.served(b"%PDF", ID), rights.served(b"%PDF", ID, "pdf"),
    )  # fmt: skip
    for answer in files:
        assert answer["Cache-Control"] == "no-store"


def test_so_does_a_photograph_that_a_phone_brings_or_fetches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of the library, whoever uses it and with whatever middleware."""
    begun = Upload(id=ID, length=3, offset=1, expires_at=dt.datetime(2026, 5, 4, tzinfo=dt.UTC))
    monkeypatch.setattr(uploads, "ports", lambda: Mock())
    monkeypatch.setattr(uploads.services, "find", lambda **_: begun)
    monkeypatch.setattr(uploads.services, "metadata_of", lambda _: "")
    monkeypatch.setattr(uploads.served, "fetched", lambda *_, **__: ("image/jpeg", b"jpg"))
    asked: Any = Mock()
    brought = uploads.UploadView().head(asked, ID)
    fetched = uploads.FetchView().get(asked, ID, "0" * 64, uploads.pieces.VIEW)
    assert brought["Cache-Control"] == fetched["Cache-Control"] == "no-store"
