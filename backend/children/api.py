"""Conflicts: where people disagree about a child, a guardian or a household, somebody decides."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts import queries as accounts
from backend.accounts.permissions import Office, caller
from backend.common import clock
from backend.common.api import Pages, paged

from . import conflicts, services
from . import serializers as shapes


class Decider(Office):
    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and not accounts.roles_of(
            caller(request), on=clock.today()
        ).isdisjoint(conflicts.DECIDERS)


class ConflictsView(APIView):
    permission_classes = [Decider]

    @extend_schema(
        operation_id="conflicts",
        parameters=[
            shapes.FiltersIn,
            OpenApiParameter("page", int),
            OpenApiParameter("size", int, description="Rows a page, 200 at most."),
        ],
        responses=paged(shapes.ConflictOut),
    )
    def get(self, request: Request) -> Response:
        given = shapes.FiltersIn(data=request.query_params)
        given.is_valid(raise_exception=True)
        viewer, now, pages = caller(request), clock.now(), Pages()
        found = conflicts.open_in_area(
            viewer=viewer,
            kind=given.validated_data.get("type", ""),
            division=given.validated_data.get("division", ""),
            now=now,
        )
        rows = pages.paginate_queryset(found, request, view=self) or []
        page = conflicts.items(rows, viewer=viewer, now=now)
        return pages.get_paginated_response(shapes.ConflictOut(page, many=True).data)


class ResolveView(APIView):
    """Settles one register, for a caller who has seen every value of it."""

    permission_classes = [Decider]

    @extend_schema(
        operation_id="conflict_resolve", request=shapes.ResolveIn, responses=shapes.ResolvedOut
    )
    def post(self, request: Request, type: str, id: UUID, register: str) -> Response:
        given = shapes.ResolveIn(data=request.data)
        given.is_valid(raise_exception=True)
        left = services.conflict_resolve(
            kind=type, record=id, register=register, actor=caller(request), now=clock.now(),
            **given.validated_data,
        )  # fmt: skip
        return Response(shapes.ResolvedOut({"conflicts": left}).data)
