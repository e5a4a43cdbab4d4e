"""Conflicts: where people disagree about a child, a guardian or a household, somebody decides."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts import queries as accounts
from backend.accounts.permissions import Office, caller
from backend.common import clock
from backend.common.api import PAGING, page_of, paged, read

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
        parameters=[shapes.FiltersIn, *PAGING],
        responses=paged(shapes.ConflictOut),
    )
    def get(self, request: Request) -> Response:
        given = read(shapes.FiltersIn, request.query_params)
        viewer, now = caller(request), clock.now()
        found = conflicts.open_in_area(
            viewer=viewer,
            kind=given.get("type", ""),
            division=given.get("division", ""),
            now=now,
        )
        return page_of(
            request,
            found,
            shapes.ConflictOut,
            lambda rows: conflicts.items(rows, viewer=viewer, now=now),
        )


class ResolveView(APIView):
    """Settles one register, for a caller who has seen every value of it."""

    permission_classes = [Decider]

    @extend_schema(
        operation_id="conflict_resolve", request=shapes.ResolveIn, responses=shapes.ResolvedOut
    )
    def post(self, request: Request, type: str, id: UUID, register: str) -> Response:
        given = read(shapes.ResolveIn, request.data)
        left = services.conflict_resolve(
            kind=type, record=id, register=register, actor=caller(request), now=clock.now(),
            **given,
        )  # fmt: skip
        return Response(shapes.ResolvedOut({"conflicts": left}).data)
