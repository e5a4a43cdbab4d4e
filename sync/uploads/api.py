"""Resumable uploads by tus 1.0 (https://tus.io/protocols/resumable-upload): core, creation, checksum,
expiration, termination. Only what an operation has declared is taken. And the way back: what has
come, for devices that hold the file.
"""

import base64
import binascii
from typing import Any
from uuid import UUID

from django.db import close_old_connections, connection
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sync.gate import Gate
from sync.ports import ports

from . import errors, metadata, pieces, queries, served, services
from .declared import HASH, MAX_SIZE
from .models import Upload

VERSION = "1.0.0"
ALGORITHMS = ("sha256", "sha1")
MAX_DIGITS = 18
OFFSET_STREAM = "application/offset+octet-stream"

# A slow line holds its thread for minutes, and no lock: one bound is enough for all shards.
gate = Gate("SYNC_UPLOAD_CONCURRENCY", "SYNC_UPLOAD_CONCURRENCY", errors.Busy)


class Stream(BaseParser):
    """Leaves the body unread: it is taken piece by piece."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        return stream


class Tus(APIView):
    """What every tus request and answer carries."""

    parser_classes = [Stream]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
            raise errors.VersionUnknown()

    def initialize_request(self, request: Any, *args: Any, **kwargs: Any) -> Request:
        """Old proxies let POST through and nothing else."""
        override = request.headers.get("X-HTTP-Method-Override")
        if override:
            request.method = override.upper()
        return super().initialize_request(request, *args, **kwargs)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Tus-Resumable"] = VERSION
        if response.status_code == 412:
            response["Tus-Version"] = VERSION
        return response

    @extend_schema(operation_id="uploads_options", responses={204: None})
    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response(
            status=204,
            headers={
                "Tus-Version": VERSION,
                "Tus-Extension": "creation,checksum,expiration,termination",
                "Tus-Max-Size": str(MAX_SIZE),
                "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
            },
        )


class UploadsView(Tus):
    @extend_schema(operation_id="upload_create", request=None, responses={201: None})
    def post(self, request: Request) -> Response:
        named = metadata.read(request.headers.get("Upload-Metadata", ""))
        length, sender = _number(request, "Upload-Length"), ports().sender_of(request)
        with gate.entered(sender.shard):
            upload = services.create(sender=sender, named=named, length=length, now=timezone.now())
        place = reverse("upload", args=[upload.id])
        return Response(status=201, headers={"Location": place, **_expiry(upload)})


class UploadView(Tus):
    @extend_schema(operation_id="upload_offset", responses={200: None})
    def head(self, request: Request, upload: UUID) -> Response:
        row = services.find(sender=ports().sender_of(request), upload=upload, now=timezone.now())
        known = {
            "Upload-Offset": str(row.offset),
            "Upload-Length": str(row.length),
            "Upload-Metadata": services.metadata_of(row),
        }
        return Response(headers={**known, **_expiry(row), "Cache-Control": "no-store"})

    @extend_schema(
        operation_id="upload_append", request={OFFSET_STREAM: bytes}, responses={204: None}
    )
    def patch(self, request: Request, upload: UUID) -> Response:
        if request.content_type != OFFSET_STREAM:
            raise errors.ContentTypeUnusable()
        offset, sender = _number(request, "Upload-Offset"), ports().sender_of(request)
        checksum = _checksum(request.headers.get("Upload-Checksum"))
        with gate.entered(sender.shard):
            row = services.append(
                sender=sender, upload=upload, offset=offset, read=_waiting(request._request.read),
                checksum=checksum, now=timezone.now(),
            )  # fmt: skip
        return Response(status=204, headers={"Upload-Offset": str(row.offset), **_expiry(row)})

    @extend_schema(operation_id="upload_end", responses={204: None})
    def delete(self, request: Request, upload: UUID) -> Response:
        services.end(sender=ports().sender_of(request), upload=upload, now=timezone.now())
        return Response(status=204)


class FileView(APIView):
    """What a device that holds the file may know of its attachments."""

    @extend_schema(operation_id="file_attachments", responses={200: OpenApiTypes.OBJECT})
    def get(self, request: Request, file: UUID) -> Response:
        found = served.listed(ports().sender_of(request), file)
        return Response({"attachments": [_told(card) for card in found]})


class AnyAccept(DefaultContentNegotiation):
    """Whoever asks for a picture gets it, or an error as JSON."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type


class FetchView(APIView):
    """A picture as it may be shown, or another file as it came."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="file_attachment",
        parameters=[
            OpenApiParameter("what", enum=[pieces.VIEW, pieces.THUMBNAIL], location="path")
        ],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, file: UUID, sha256: str, what: str) -> HttpResponse:
        if what not in (pieces.VIEW, pieces.THUMBNAIL) or not HASH.fullmatch(sha256):
            raise errors.NotHere()
        kind, content = served.fetched(
            ports().sender_of(request), file, sha256=bytes.fromhex(sha256), what=what,
            now=timezone.now(),
        )  # fmt: skip
        return HttpResponse(content, content_type=kind, headers={"Cache-Control": "no-store"})


def _waiting(read: services.Read) -> services.Read:
    """Gives the connection to the database back before it waits for the line."""

    def block(size: int) -> bytes:
        if not connection.in_atomic_block:  # what holds a transaction keeps its connection
            close_old_connections()
        return read(size)

    return block


def _told(card: queries.Card) -> dict[str, Any]:
    """`of` only for a smaller copy of another one."""
    known = {
        "op": str(card.op), "sha256": card.sha256, "size": card.size, "type": card.type,
        "role": card.role, "of": card.photo if card.photo != card.sha256 else "",
        "status": card.status,
    }  # fmt: skip
    return {name: value for name, value in known.items() if value != ""}


def _expiry(upload: Upload) -> dict[str, str]:
    return {"Upload-Expires": http_date(upload.expires_at.timestamp())}


def _number(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    # No file is that long, and Python refuses to read numbers of thousands of digits.
    if not text.isascii() or not text.isdigit() or len(text) > MAX_DIGITS:
        raise errors.HeaderUnusable(name=name)
    return int(text)


def _checksum(header: str | None) -> tuple[str, bytes] | None:
    if header is None:
        return None
    algorithm, _, digest = header.partition(" ")
    if algorithm not in ALGORITHMS:
        raise errors.HeaderUnusable(name="Upload-Checksum")
    try:
        return algorithm, base64.b64decode(digest, validate=True)
    except binascii.Error as error:
        raise errors.HeaderUnusable(name="Upload-Checksum") from error
