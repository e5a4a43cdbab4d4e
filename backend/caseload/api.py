"""Lists of children for those who visit them and those who see to it."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import caller
from backend.children.queries import Filters
from backend.common import clock
from backend.common.api import PAGING, page_of, paged, read

from . import due_list, files
from . import serializers as shapes
from .permissions import Assigner, Reader, Worker

CHILDREN = paged(shapes.ItemOut)


def filters_of(given: Mapping[str, Any]) -> Filters:
    names = ("category", "risk_level", "division", "status")
    return Filters(text=given.get("q", ""), **{name: given.get(name, "") for name in names})


def _page(request: Request, rows: QuerySet[Any], action: str) -> Response:
    viewer, now = caller(request), clock.now()
    return page_of(
        request, rows, shapes.ItemOut,
        lambda page: files.items(page, viewer=viewer, now=now, action=action),
    )  # fmt: skip


class ChildrenView(APIView):
    permission_classes = [Reader]

    @extend_schema(operation_id="children", parameters=[shapes.ListIn, *PAGING], responses=CHILDREN)
    def get(self, request: Request) -> Response:
        given = read(shapes.ListIn, request.query_params)
        rows = files.listed(
            viewer=caller(request),
            filters=filters_of(given),
            overdue=given["overdue"],
            unassigned=given["unassigned"],
            now=clock.now(),
        )
        return _page(request, rows, "child.list")


class DueView(APIView):
    permission_classes = [Worker]

    @extend_schema(
        operation_id="caseload_due",
        parameters=[shapes.DueIn, *PAGING],
        responses=CHILDREN,
    )
    def get(self, request: Request) -> Response:
        given = read(shapes.DueIn, request.query_params)
        rows = due_list.due(
            viewer=caller(request),
            filters=filters_of(given),
            step=given.get("step", ""),
            now=clock.now(),
        )
        return _page(request, rows, "child.due")


class UnassignedView(APIView):
    """Children whom nobody covers: each is a child nobody visits."""

    permission_classes = [Assigner]

    @extend_schema(
        operation_id="caseload_unassigned",
        parameters=[shapes.FiltersIn, *PAGING],
        responses=CHILDREN,
    )
    def get(self, request: Request) -> Response:
        given = read(shapes.FiltersIn, request.query_params)
        rows = files.listed(
            viewer=caller(request),
            filters=filters_of(given),
            unassigned=True,
            now=clock.now(),
        )
        return _page(request, rows, "child.list")
