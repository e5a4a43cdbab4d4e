"""The queue of what waits for a person, for administrators and the county's leads."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from backend.accounts.permissions import WithRole, caller
from backend.common import clock
from backend.common.api import PAGING, page_of, paged, read

from . import queries, services
from . import serializers as shapes


class Keeper(WithRole):
    roles = queries.ROLES


class QueueView(APIView):
    """Held, quarantined, forced and unreadable things of the caller's counties, the oldest first."""

    permission_classes = [Keeper]

    @extend_schema(
        operation_id="quarantine",
        parameters=[shapes.FiltersIn, *PAGING],
        responses=paged(shapes.WaitingOut),
    )
    def get(self, request: Request) -> Response:
        given = read(shapes.FiltersIn, request.query_params)
        viewer, now = caller(request), clock.now()
        filters = queries.Filters(**given)
        found = queries.queue(viewer=viewer, filters=filters, now=now)
        return page_of(request, found, shapes.WaitingOut, lambda rows: queries.rows(rows))


def _item(request: Request, item: UUID) -> Response:
    row = queries.one(viewer=caller(request), item=item, now=clock.now())
    return Response(shapes.WaitingOut(row).data)


class ItemView(APIView):
    permission_classes = [Keeper]

    @extend_schema(operation_id="quarantine_item", responses=shapes.WaitingOut)
    def get(self, request: Request, item: UUID) -> Response:
        return _item(request, item)


class ContentsView(APIView):
    """What came, opened for a stated reason and put on the audit log."""

    permission_classes = [Keeper]

    @extend_schema(
        operation_id="quarantine_contents", request=shapes.ReasonIn, responses=shapes.ContentsOut
    )
    def post(self, request: Request, item: UUID) -> Response:
        given = read(shapes.ReasonIn, request.data)
        opened = queries.contents(viewer=caller(request), item=item, now=clock.now(), **given)
        return Response(shapes.ContentsOut(opened).data)


def _decided(
    request: Request, shape: type[Serializer[Any]], service: Callable[..., None], item: UUID
) -> Response:
    given = read(shape, request.data)
    service(item=item, actor=caller(request), now=clock.now(), **given)
    return _item(request, item)


class ApproveView(APIView):
    """Lets in what waits for a review, with the rest of its group."""

    permission_classes = [Keeper]

    @extend_schema(
        operation_id="quarantine_approve", request=shapes.DecisionIn, responses=shapes.WaitingOut
    )
    def post(self, request: Request, item: UUID) -> Response:
        return _decided(request, shapes.DecisionIn, services.item_approve, item)


class ReplayView(APIView):
    """Tries again as it is."""

    permission_classes = [Keeper]

    @extend_schema(
        operation_id="quarantine_replay", request=shapes.DecisionIn, responses=shapes.WaitingOut
    )
    def post(self, request: Request, item: UUID) -> Response:
        return _decided(request, shapes.DecisionIn, services.item_replay, item)


class RepairView(APIView):
    """Gives members that take the place of the line's own; what came is kept."""

    permission_classes = [Keeper]

    @extend_schema(
        operation_id="quarantine_repair", request=shapes.RepairIn, responses=shapes.WaitingOut
    )
    def post(self, request: Request, item: UUID) -> Response:
        return _decided(request, shapes.RepairIn, services.item_repair, item)


class SetAsideView(APIView):
    """Ends the matter; what came is kept."""

    permission_classes = [Keeper]

    @extend_schema(
        operation_id="quarantine_set_aside", request=shapes.DecisionIn, responses=shapes.WaitingOut
    )
    def post(self, request: Request, item: UUID) -> Response:
        return _decided(request, shapes.DecisionIn, services.item_set_aside, item)
