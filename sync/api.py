"""`POST /api/v1/sync`: one round trip. See PROTOCOL.md."""

import datetime as dt
import gzip
import io
import zlib
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse, UnreadablePostError
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.views.decorators.gzip import gzip_page
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.views import APIView

from . import config, oplog, recovered, recovery, salvage, unreadable
from .apply import look_through
from .errors import Cut, TooLarge, TooMany, Unusable
from .gate import gate
from .inbox import Stored
from .ports import Order, Sender, ports
from .protocol import messages, ranges
from .pull import Page, pull
from .push import push, worded
from .uploads import queries as uploads

MAX_OPERATIONS = getattr(settings, "SYNC_MAX_OPERATIONS", 500)
MAX_BYTES = getattr(settings, "SYNC_MAX_BYTES", 1024 * 1024)


class Ndjson(BaseParser):
    """Gives the bytes as they came: they are what was hashed."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        headers = parser_context["request"].headers
        body = _whole(stream, headers.get("Content-Length", ""))
        if headers.get("Content-Encoding") == "gzip":
            body = _gunzip(body)
        if len(body) > MAX_BYTES:
            raise TooLarge(limit=MAX_BYTES)
        return body


@method_decorator(gzip_page, name="dispatch")
class SyncView(APIView):
    """Push and pull in one call; either part may be missing."""

    parser_classes = [Ndjson]

    @extend_schema(
        operation_id="sync",
        request={"application/x-ndjson": OpenApiTypes.STR},
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> HttpResponse:
        sender, now = ports().sender_of(request), timezone.now()
        with gate.entered(sender.shard):
            try:
                said, lines = _split(request.data, sender)
            except Unusable as unusable:
                body = unusable.body
                unreadable.keep_body(body, str(unusable.detail), sender=sender, now=now)
                look_through(salvage.of_body(body, sender=sender, now=now), now=now)
                raise
            return self._answer(sender, *said, lines, now)

    def _answer(
        self, sender: Sender, header: messages.Header, unread: list[str], lines: list[bytes],
        now: dt.datetime,
    ) -> HttpResponse:  # fmt: skip
        english = (get_language() or "").startswith("en")
        receipts, stored = push(
            lines, sender=sender, wall=header.wall, session=header.session,
            elapsed=header.elapsed, now=now, english=english, last=header.last,
        )  # fmt: skip
        answer: dict[str, Any] = {
            "receipts": receipts,
            "have": stored.have,
            "missing": ranges.missing(stored.have),
            "server_time": now,
        }
        if unread:
            answer["unread"] = unread
        if stored.parted:
            answer |= _own_lines(sender)
        if orders := _orders(sender, header.done, now):
            answer["orders"] = orders
        answer |= _offered(sender, header, now)
        if header.pull:
            answer |= _pulled(sender, header, stored, now=now, english=english)
        # Written at once: as a tree of plain values a page would be in memory twice.
        return HttpResponse(messages.write(answer), content_type="application/json")


def _offered(sender: Sender, header: messages.Header, now: dt.datetime) -> dict[str, Any]:
    """What a device holds of records that this server may have lost. Taken from everybody, like a push."""
    answer: dict[str, Any] = {}
    if len(header.offer) > recovered.OFFERS:
        raise TooMany(limit=recovered.OFFERS)
    if header.recovered:
        answer["kept"] = recovered.keep(header.recovered, sender=sender, now=now)
    if header.offer:
        answer["wanted"] = recovered.wanted(header.offer, sender=sender)
    return answer


def _pulled(
    sender: Sender, header: messages.Header, stored: Stored, *, now: dt.datetime, english: bool
) -> dict[str, Any]:
    """The page; or why there is none: the device may not have one, or has to offer first what it holds."""
    refused = _refused(sender, header, stored)
    answer: dict[str, Any] = _lacking(sender) | {"refused": refused} if refused else {}
    current = recovery.incarnation()
    if recovery.is_of_another_incarnation(header.cursor, now_incarnation=current):
        return answer | _restored(sender)
    if refused:
        return answer
    try:
        page = pull(
            sender, token=header.cursor, now=now, purged=header.purged,
            digests=header.digests, older=header.older,
        )  # fmt: skip
    except recovery.CursorAhead:
        recovery.begin(now=now, reason="a cursor is ahead of its counter", instead_of=current)
        return answer | _restored(sender)
    answer = _parts(page, english=english)
    if not page.more:
        answer |= _lacking(sender)
    if header.config is not None and (news := config.news(header.config, sender)):
        answer["config"] = news
    return answer


def _restored(sender: Sender) -> dict[str, Any]:
    return {"restored": True, **_own_lines(sender)}


def _own_lines(sender: Sender) -> dict[str, Any]:
    """What tells a device whether the lines at its places are its own, or of a copy of it."""
    return {"log": oplog.digest(sender.device).hex()}


def _lacking(sender: Sender) -> dict[str, Any]:
    """The photographs it has declared and not brought: its own, whatever it may see."""
    lacking = uploads.missing(sender.device)
    return {"attachments": lacking} if lacking else {}


def _orders(sender: Sender, done: list[UUID], now: dt.datetime) -> list[Order]:
    """What the device is to do, told in every answer until it says that it has."""
    if done:
        ports().on_done(sender.device, done, now)
    return [order for order in sender.orders if order.id not in done]


def _refused(sender: Sender, header: messages.Header, stored: Stored) -> str | None:
    """Why the device may not pull, if it may not; what it pushed was taken all the same."""
    if sender.revoked:
        return "device.revoked"
    if stored.cloned:
        return "device.cloned"
    return None if header.protocol == messages.VERSION else "protocol.unknown"


def _parts(page: Page, *, english: bool) -> dict[str, Any]:
    """Empty parts are left out."""
    for receipt in page.later:
        worded(receipt, english=english)
    parts = {
        "cursor": page.cursor,
        "generation": page.generation,
        "more": page.more or None,
        "enter": page.enter,
        "changes": page.changes,
        "exit": page.exit,
        "later": page.later,
        "older": page.older,
        "digest": page.digest,
    }
    return {name: part for name, part in parts.items() if isinstance(part, int) or part}


def _split(body: Any, sender: Sender) -> tuple[tuple[messages.Header, list[str]], list[bytes]]:
    """The header with the names of what could not be read of it, and the lines."""
    if not isinstance(body, bytes) or not body:
        raise Unusable(detail="the body is empty: a header line, then one line per operation")
    first, *lines = body.split(b"\n")
    lines = [line for line in lines if line]
    if len(lines) > MAX_OPERATIONS:
        raise TooMany(limit=MAX_OPERATIONS)
    try:
        said = messages.read_header(first)
    except messages.Unreadable as error:
        raise Unusable(detail=f"header line: {error.detail}", body=body) from error
    if said[0].device != sender.device:
        raise Unusable(detail="header line: device is not the token's", body=body)
    return said, lines


def _whole(stream: Any, length: str) -> bytes:
    """The body up to the limit and one byte more. Raises `Cut` for one that is shorter than was said."""
    try:
        body: bytes = stream.read(MAX_BYTES + 1)
    except UnreadablePostError as error:
        raise Cut() from error
    if length.isascii() and length.isdigit() and len(body) < min(int(length[:20]), MAX_BYTES + 1):
        raise Cut()
    return body


def _gunzip(body: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            return stream.read(MAX_BYTES + 1)
    except EOFError as error:
        raise Cut() from error
    except (OSError, zlib.error) as error:
        raise Unusable(detail="the body says gzip and is not", body=body) from error
