"""Dossiers of a child, for the county."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiTypes, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import WithRole, caller
from backend.common import clock
from backend.common.api import read
from backend.tasks.api import accepted
from backend.tasks.serializers import TaskOut
from sync.uploads.api import AnyAccept

from . import queries
from . import serializers as shapes
from .as_tasks import dossier_ask


class County(WithRole):
    roles = frozenset(queries.ROLES)


def served(content: bytes, dossier: UUID) -> HttpResponse:
    """Saved and not shown by the browser, which keeps nothing of it."""
    return HttpResponse(
        content,
        content_type="application/pdf",
        headers={
            "Cache-Control": "no-store",
            "Content-Disposition": f'attachment; filename="dossier-{dossier}.pdf"',
        },
    )


class DossiersView(APIView):
    permission_classes = [County]

    @extend_schema(operation_id="dossiers", responses=shapes.DossiersOut)
    def get(self, request: Request, child: UUID) -> Response:
        found = queries.of_child(viewer=caller(request), child=child, now=clock.now())
        return Response(shapes.DossiersOut({"dossiers": found}).data)

    @extend_schema(operation_id="dossier_make", request=shapes.MakeIn, responses={202: TaskOut})
    def post(self, request: Request, child: UUID) -> Response:
        given = read(shapes.MakeIn, request.data)
        task = dossier_ask(child=child, actor=caller(request), now=clock.now(), **given)
        return accepted(request, task)


class OpenView(APIView):
    """The PDF; by POST, so that no address holds the reason."""

    permission_classes = [County]
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="dossier_open", request=shapes.OpenIn,
        responses={(200, "application/pdf"): OpenApiTypes.BINARY},
    )  # fmt: skip
    def post(self, request: Request, dossier: UUID) -> HttpResponse:
        given = read(shapes.OpenIn, request.data)
        content = queries.opened(viewer=caller(request), dossier=dossier, now=clock.now(), **given)
        return served(content, dossier)
