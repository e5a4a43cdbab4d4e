"""Photographs for those who may see them, and what never comes, closed by a person."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts import queries as accounts
from backend.accounts.permissions import Office, caller
from backend.caseload import queries as caseload
from backend.common import clock
from backend.common.api import PAGING, page_of, read
from sync.uploads.api import AnyAccept

from . import queries, services
from . import serializers as shapes


class Keeper(Office):
    """Somebody with a role that works with files, wherever; the queries know where."""

    roles: tuple[str, ...] = caseload.KEEPERS

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and not accounts.roles_of(
            caller(request), on=clock.today()
        ).isdisjoint(self.roles)


class Closer(Keeper):
    """Somebody at a desk: who photographed something does not close it herself."""

    roles = caseload.DESKS


def served(found: queries.Content, attachment: UUID) -> HttpResponse:
    """Never kept by a browser; what is no picture is saved rather than opened by it."""
    picture = found.type.startswith("image/")
    return HttpResponse(
        found.content,
        content_type=found.type,
        headers={
            "Cache-Control": "no-store",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Content-Disposition": f'{"inline" if picture else "attachment"}; filename="{attachment}"',
        },
    )


class AttachmentsView(APIView):
    permission_classes = [Keeper]

    @extend_schema(
        operation_id="attachments",
        parameters=[
            shapes.FiltersIn, *PAGING,
        ],
        responses=shapes.PageOut,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        given = read(shapes.FiltersIn, request.query_params)
        viewer, now = caller(request), clock.now()
        found = queries.listed(viewer=viewer, now=now, **given)
        return page_of(
            request,
            found,
            shapes.ListedOut,
            lambda rows: [asdict(item) for item in queries.items(rows, viewer=viewer, now=now)],
        )


class AttachmentView(APIView):
    permission_classes = [Keeper]

    @extend_schema(operation_id="attachment", responses=shapes.CardOut)
    def get(self, request: Request, attachment: UUID) -> Response:
        found = queries.card(viewer=caller(request), attachment=attachment, now=clock.now())
        return Response(shapes.CardOut(found).data)


class _Shown(APIView):
    """A picture as it may be shown: upright, without what the camera wrote."""

    permission_classes = [Keeper]
    content_negotiation_class = AnyAccept
    what = queries.VIEW

    def get(self, request: Request, attachment: UUID) -> HttpResponse:
        found = queries.content(
            viewer=caller(request), attachment=attachment, what=self.what, now=clock.now()
        )
        return served(found, attachment)


_BYTES = {(200, "image/jpeg"): OpenApiTypes.BINARY}


class ViewView(_Shown):
    @extend_schema(operation_id="attachment_view", responses=_BYTES)
    def get(self, request: Request, attachment: UUID) -> HttpResponse:
        return super().get(request, attachment)


class ThumbnailView(_Shown):
    what = queries.THUMBNAIL

    @extend_schema(operation_id="attachment_thumbnail", responses=_BYTES)
    def get(self, request: Request, attachment: UUID) -> HttpResponse:
        return super().get(request, attachment)


class OpenView(APIView):
    """What is sealed, and originals: with a reason."""

    permission_classes = [Keeper]
    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="attachment_open", request=shapes.OpenIn, responses=_BYTES)
    def post(self, request: Request, attachment: UUID) -> HttpResponse:
        given = read(shapes.OpenIn, request.data)
        found = queries.content(
            viewer=caller(request), attachment=attachment, now=clock.now(), **given
        )
        return served(found, attachment)


class NotesView(APIView):
    permission_classes = [Keeper]

    @extend_schema(
        operation_id="attachment_notes", request=shapes.ReasonIn, responses=shapes.NotesOut
    )
    def post(self, request: Request, attachment: UUID) -> Response:
        given = read(shapes.ReasonIn, request.data)
        found = queries.notes(
            viewer=caller(request), attachment=attachment, now=clock.now(), **given
        )
        return Response(shapes.NotesOut({"notes": found}).data)


class LostView(APIView):
    permission_classes = [Closer]

    @extend_schema(operation_id="attachment_lost", request=shapes.ReasonIn, responses={204: None})
    def post(self, request: Request, attachment: UUID) -> Response:
        given = read(shapes.ReasonIn, request.data)
        services.attachment_close(
            attachment=attachment, actor=caller(request), now=clock.now(), **given
        )
        return Response(status=204)
