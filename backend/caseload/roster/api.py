"""A roster over HTTP, for administrators: look first, then import, then take back what was left."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import Administrator, areas, caller
from backend.caseload.models import RosterImport
from backend.common import clock
from backend.common.api import PAGING, page_of, read
from backend.common.language import language
from backend.tasks.api import accepted
from backend.tasks.serializers import TaskOut

from . import as_tasks, queries, report, services
from . import serializers as shapes


def _asked(request: Request, kind: str) -> Response:
    given = read(shapes.RosterIn, request.data)
    division = services.narrowed(areas(request, "administrator"), given["division"])
    task = as_tasks.roster_ask(
        kind=kind, content=given["file"].read(), division=division, actor=caller(request),
        now=clock.now(),
    )  # fmt: skip
    return accepted(request, task)


def _opened(request: Request, pk: UUID) -> RosterImport:
    own = areas(request, "administrator")
    return services.opened(made=pk, own=own, reader=caller(request), now=clock.now())


def _card(made: RosterImport) -> dict[str, Any]:
    names = ("id", "at", "person", "division", "operations", "done", "counts")
    return {name: getattr(made, name) for name in names}


def _whole(made: RosterImport) -> dict[str, Any]:
    told = report.spoken(services.read(made), english=language() == "en")
    return {**_card(made), "report": told}


class RosterPreviewView(APIView):
    """What an import of the file would do, as a task's result. Writes nothing."""

    permission_classes = [Administrator]
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="roster_preview",
        request={"multipart/form-data": shapes.RosterIn},
        responses={202: TaskOut},
    )
    def post(self, request: Request) -> Response:
        return _asked(request, as_tasks.PREVIEW)


class RosterImportView(APIView):
    """Imports the file, as a task. The same file again makes nothing twice."""

    permission_classes = [Administrator]
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="roster_import",
        request={"multipart/form-data": shapes.RosterIn},
        responses={202: TaskOut},
    )
    def post(self, request: Request) -> Response:
        return _asked(request, as_tasks.IMPORT)


class RosterImportsView(APIView):
    """Imports into the caller's area, the newest first."""

    permission_classes = [Administrator]

    @extend_schema(
        operation_id="roster_imports",
        parameters=PAGING,
        responses=shapes.RosterImportPageOut,
    )
    def get(self, request: Request) -> Response:
        rows = queries.imports(areas(request, "administrator"))
        return page_of(
            request, rows, shapes.RosterImportOut, lambda rows: [_card(made) for made in rows]
        )


class RosterReportView(APIView):
    permission_classes = [Administrator]

    @extend_schema(operation_id="roster_report", responses=shapes.RosterImportReportOut)
    def get(self, request: Request, pk: UUID) -> Response:
        made = _opened(request, pk)
        return Response(shapes.RosterImportReportOut(_whole(made)).data)


class RosterLeftView(APIView):
    """The rows that were not imported, as a sheet to correct and send again: a task with a file."""

    permission_classes = [Administrator]

    @extend_schema(operation_id="roster_left", request=None, responses={202: TaskOut})
    def post(self, request: Request, pk: UUID) -> Response:
        task = as_tasks.left_ask(
            made=pk, own=areas(request, "administrator"), english=language() == "en",
            actor=caller(request), now=clock.now(),
        )  # fmt: skip
        return accepted(request, task)
