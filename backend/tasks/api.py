"""Tasks over HTTP: asked for elsewhere, looked at here until they have ended."""

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from backend.accounts.permissions import Office, caller
from backend.common import clock
from backend.common.api import PAGING, page_of, paged

from . import queries, services
from .models import Task
from .serializers import TaskOut, TaskResultOut


def accepted(request: Request, task: Task) -> Response:
    """202 with the task, whose address stands in `Location`: ask there until `ended`."""
    headers = {"Location": reverse("task", [task.id], request=request), "Retry-After": "1"}
    return Response(TaskOut(queries.card(task)).data, status=202, headers=headers)


class TasksView(APIView):
    """The caller's own, the newest first."""

    permission_classes = [Office]

    @extend_schema(operation_id="tasks", parameters=PAGING, responses=paged(TaskOut))
    def get(self, request: Request) -> Response:
        rows = queries.listed(caller(request))
        return page_of(request, rows, TaskOut, lambda page: [queries.card(row) for row in page])


class TaskView(APIView):
    permission_classes = [Office]

    @extend_schema(operation_id="task", responses=TaskResultOut)
    def get(self, request: Request, task: UUID) -> Response:
        card = queries.one(viewer=caller(request), task=task, now=clock.now())
        return Response(TaskResultOut(card).data)


class TaskFileView(APIView):
    """The file that came of a task."""

    permission_classes = [Office]

    @extend_schema(operation_id="task_file", responses={(200, "*/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, task: UUID) -> HttpResponse:
        name, media, content = queries.file(
            viewer=caller(request), task=task, now=clock.now()
        )  # fmt: skip
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return HttpResponse(content, content_type=media, headers=headers)


class CancelView(APIView):
    """What was written by then stays: an import that is asked for again goes on from there."""

    permission_classes = [Office]

    @extend_schema(operation_id="task_cancel", request=None, responses=TaskOut)
    def post(self, request: Request, task: UUID) -> Response:
        row = services.task_cancel(task=task, actor=caller(request), now=clock.now())
        return Response(TaskOut(queries.card(row)).data)
