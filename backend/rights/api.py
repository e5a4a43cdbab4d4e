"""What guardians ask for by law, over HTTP."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import WithRole, caller
from backend.common import clock
from backend.common.api import PAGING, page_of, paged, read
from sync.uploads.api import AnyAccept

from . import queries, services
from . import serializers as shapes
from .models import CopyRequest
from .store import DATA, PAPER

_TYPES = {PAPER: "application/pdf", DATA: "application/json"}


class Filer(WithRole):
    roles = frozenset(queries.FILERS)


class Lead(WithRole):
    roles = frozenset(queries.LEADS)


def served(content: bytes, request: UUID, kind: str) -> HttpResponse:
    """Saved and not shown by the browser, which keeps nothing of it."""
    return HttpResponse(
        content,
        content_type=_TYPES[kind],
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="copy-{request}.{kind}"',
        },
    )


class FileView(APIView):
    """Files what a guardian of the child asked for in person. Another person, a lead, decides it."""

    permission_classes = [Filer]

    @extend_schema(operation_id="copy_ask", request=shapes.CopyIn, responses={201: shapes.CopyOut})
    def post(self, request: Request, child: UUID) -> Response:
        given = read(shapes.CopyIn, request.data)
        row = services.copy_ask(child=child, actor=caller(request), now=clock.now(), **given)
        return _card(request, row.id, status=201)


class CopiesView(APIView):
    """The caller's own, and all where the caller leads; the last filed first."""

    permission_classes = [Filer]

    @extend_schema(
        operation_id="copies", parameters=[shapes.CopyFilter, *PAGING],
        responses=paged(shapes.CopyOut),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        given, viewer, now = (
            read(shapes.CopyFilter, request.query_params),
            caller(request),
            clock.now(),
        )
        rows = queries.listed(viewer=viewer, now=now, **given)
        return page_of(
            request, rows, shapes.CopyOut,
            lambda page: queries.cards(list(page), viewer=viewer, now=now),
        )  # fmt: skip


class CopyView(APIView):
    permission_classes = [Filer]

    @extend_schema(operation_id="copy", responses=shapes.CopyOut)
    def get(self, request: Request, copy: UUID) -> Response:
        return _card(request, copy)


class ApproveView(APIView):
    """A worker then makes the copy for whoever filed the request. Refused while anything stands in the way."""

    permission_classes = [Lead]

    @extend_schema(operation_id="copy_approve", request=None, responses=shapes.CopyOut)
    def post(self, request: Request, copy: UUID) -> Response:
        return _decide(request, copy, services.copy_approve)


class RefuseView(APIView):
    permission_classes = [Lead]

    @extend_schema(operation_id="copy_refuse", request=shapes.RefuseIn, responses=shapes.CopyOut)
    def post(self, request: Request, copy: UUID) -> Response:
        given = read(shapes.RefuseIn, request.data)
        return _decide(request, copy, services.copy_refuse, **given)


class WithdrawView(APIView):
    """By whoever filed it."""

    permission_classes = [Filer]

    @extend_schema(operation_id="copy_withdraw", request=None, responses=shapes.CopyOut)
    def post(self, request: Request, copy: UUID) -> Response:
        return _decide(request, copy, services.copy_withdraw)


class OpenView(APIView):
    """The copy, as paper or for a program; by POST, because each opening goes on the audit log."""

    permission_classes = [Filer]
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="copy_open", request=None,
        responses={
            (200, _TYPES[PAPER]): OpenApiTypes.BINARY, (200, _TYPES[DATA]): OpenApiTypes.OBJECT,
        },
    )  # fmt: skip
    def post(self, request: Request, copy: UUID, kind: str) -> HttpResponse:
        content = queries.opened(viewer=caller(request), request=copy, kind=kind, now=clock.now())
        return served(content, copy, kind)


def _decide(
    request: Request, copy: UUID, service: Callable[..., CopyRequest], **given: Any
) -> Response:
    service(request=copy, actor=caller(request), now=clock.now(), **given)
    return _card(request, copy)


def _card(request: Request, copy: UUID, *, status: int = 200) -> Response:
    card = queries.one(viewer=caller(request), request=copy, now=clock.now())
    return Response(shapes.CopyOut(card).data, status=status)
