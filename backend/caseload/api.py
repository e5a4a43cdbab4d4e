"""Lists of children for those who visit them and those who see to it."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import caller
from backend.children.queries import Filters
from backend.common import clock
from backend.common.api import Pages, paged

from . import due_list, files
from . import serializers as shapes
from .permissions import Assigner, Reader, Worker

PAGE = [
    OpenApiParameter("page", int),
    OpenApiParameter("size", int, description="Rows a page, 200 at most."),
]
CHILDREN = paged(shapes.ItemOut)


def filters_of(given: Mapping[str, Any]) -> Filters:
    names = ("category", "risk_level", "division", "status")
    return Filters(text=given.get("q", ""), **{name: given.get(name, "") for name in names})


def _page(request: Request, view: APIView, rows: QuerySet[Any], action: str) -> Response:
    pages = Pages()
    page = pages.paginate_queryset(rows, request, view=view) or []
    items = files.items(page, viewer=caller(request), now=clock.now(), action=action)
    return pages.get_paginated_response(shapes.ItemOut(items, many=True).data)


class ChildrenView(APIView):
    permission_classes = [Reader]

    @extend_schema(operation_id="children", parameters=[shapes.ListIn, *PAGE], responses=CHILDREN)
    def get(self, request: Request) -> Response:
        given = shapes.ListIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        rows = files.listed(
            viewer=caller(request),
            filters=filters_of(given.validated_data),
            overdue=given.validated_data["overdue"],
            unassigned=given.validated_data["unassigned"],
            now=clock.now(),
        )
        return _page(request, self, rows, "child.list")


class DueView(APIView):
    permission_classes = [Worker]

    @extend_schema(
        operation_id="caseload_due",
        parameters=[shapes.DueIn, *PAGE],
        responses=CHILDREN,
    )
    def get(self, request: Request) -> Response:
        given = shapes.DueIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        rows = due_list.due(
            viewer=caller(request),
            filters=filters_of(given.validated_data),
            step=given.validated_data.get("step", ""),
            now=clock.now(),
        )
        return _page(request, self, rows, "child.due")


class UnassignedView(APIView):
    """Children whom nobody covers: each is a child nobody visits."""

    permission_classes = [Assigner]

    @extend_schema(
        operation_id="caseload_unassigned",
        parameters=[shapes.FiltersIn, *PAGE],
        responses=CHILDREN,
    )
    def get(self, request: Request) -> Response:
        given = shapes.FiltersIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        rows = files.listed(
            viewer=caller(request),
            filters=filters_of(given.validated_data),
            unassigned=True,
            now=clock.now(),
        )
        return _page(request, self, rows, "child.list")
