"""`POST /api/v1/sync`: one round trip. See PROTOCOL.md."""

import gzip
import io
import zlib
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.exceptions import APIException
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from .ports import Sender, ports
from .protocol import messages, ranges
from .pull import Page, pull
from .push import push

MAX_OPERATIONS = getattr(settings, "SYNC_MAX_OPERATIONS", 500)
MAX_BYTES = getattr(settings, "SYNC_MAX_BYTES", 1024 * 1024)


class Unusable(APIException):
    """The body as a whole cannot be taken. Nothing in it was stored; the phone keeps everything."""

    status_code = 400
    default_code = "sync.unusable"


class TooLarge(APIException):
    status_code = 413
    default_code = "sync.too_large"


class Ndjson(BaseParser):
    """Gives the bytes as they came: they are what was hashed."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        body: bytes = stream.read(MAX_BYTES + 1)
        if parser_context["request"].headers.get("Content-Encoding") == "gzip":
            body = _gunzip(body)
        if len(body) > MAX_BYTES:
            raise TooLarge(f"a push is at most {MAX_BYTES} bytes; send it in parts")
        return body


class SyncView(APIView):
    """Push and pull in one call; either part may be missing."""

    parser_classes = [Ndjson]

    @extend_schema(
        operation_id="sync",
        request={"application/x-ndjson": OpenApiTypes.STR},
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request: Request) -> Response:
        now = timezone.now()
        header, lines = _split(request.data)
        sender = ports().sender_of(request)
        if header.device != sender.device:
            raise Unusable("device in the header is not the one the token belongs to")
        english = (get_language() or "").startswith("en")
        receipts, stored = push(lines, sender=sender, wall=header.wall, now=now, english=english)
        answer: dict[str, Any] = {
            "receipts": receipts,
            "have": stored.have,
            "missing": ranges.missing(stored.have),
            "server_time": now,
        }
        if header.pull:
            answer |= _page(_pull(sender, header))
        return Response(messages.plain(answer))


def _pull(sender: Sender, header: messages.Header) -> Page | None:
    """None when the device may not pull; what it pushed was taken all the same."""
    if sender.revoked or header.protocol != messages.VERSION:
        return None
    return pull(sender, token=header.cursor, purged=header.purged)


def _page(page: Page | None) -> dict[str, Any]:
    """Empty parts are left out."""
    if page is None:
        return {"refused": True}
    parts = {
        "cursor": page.cursor,
        "generation": page.generation,
        "more": page.more or None,
        "enter": page.enter,
        "changes": page.changes,
        "exit": page.exit,
        "digest": page.digest,
    }
    return {name: part for name, part in parts.items() if isinstance(part, int) or part}


def _split(body: Any) -> tuple[messages.Header, list[bytes]]:
    if not isinstance(body, bytes) or not body:
        raise Unusable("the body is empty: send a header line, then one line per operation")
    first, *lines = body.split(b"\n")
    lines = [line for line in lines if line]
    if len(lines) > MAX_OPERATIONS:
        raise TooLarge(f"a push is at most {MAX_OPERATIONS} operations; send it in parts")
    try:
        return messages.read_header(first), lines
    except messages.Unreadable as error:
        raise Unusable(f"the header line cannot be read: {error.detail}") from error


def _gunzip(body: bytes) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(body)) as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Unusable("the body says gzip and is not") from error
