"""Assignments in bulk and handovers: look first, then order, then see how far it is."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import caller
from backend.common import clock
from backend.common.api import read

from . import order_cards, orders
from . import serializers as shapes
from .api import filters_of
from .models import AssignmentOrder
from .permissions import Assigner

# What is carried out within the request; the rest is a task's.
CHUNKS_AT_ONCE = 5


def _choice(given: Mapping[str, Any]) -> orders.Choice:
    by = given["filter"]
    return orders.Choice(
        children=tuple(given["children"]),
        filters=None if by is None else filters_of(by),
        unassigned=bool(by and by["unassigned"]),
    )


def _preview(request: Request, found: orders.Preview) -> Response:
    card = order_cards.preview(found, viewer=caller(request), now=clock.now())
    return Response(shapes.PreviewOut(card).data)


def _carry_out(request: Request, order: AssignmentOrder) -> Response:
    orders.order_run(order=order.id, now=clock.now(), chunks=CHUNKS_AT_ONCE)
    card = order_cards.card(order=order.id, viewer=caller(request))
    return Response(shapes.OrderOut(card).data, status=status.HTTP_201_CREATED)


class AssignPreviewView(APIView):
    permission_classes = [Assigner]

    @extend_schema(
        operation_id="caseload_assign_preview",
        request=shapes.AssignIn,
        responses=shapes.PreviewOut,
    )
    def post(self, request: Request) -> Response:
        given = read(shapes.AssignIn, request.data)
        to = given["to"]
        found = orders.assign_preview(
            choice=_choice(given), to=to, actor=caller(request), now=clock.now()
        )
        return _preview(request, found)


class AssignView(APIView):
    permission_classes = [Assigner]

    @extend_schema(
        operation_id="caseload_assign",
        request=shapes.AssignIn,
        responses={201: shapes.OrderOut},
    )
    def post(self, request: Request) -> Response:
        given = read(shapes.AssignIn, request.data)
        to = given["to"]
        order = orders.assign_in_bulk(
            choice=_choice(given), to=to, actor=caller(request), now=clock.now()
        )
        return _carry_out(request, order)


class HandoverPreviewView(APIView):
    permission_classes = [Assigner]

    @extend_schema(
        operation_id="caseload_handover_preview",
        request=shapes.HandoverIn,
        responses=shapes.PreviewOut,
    )
    def post(self, request: Request) -> Response:
        given = read(shapes.HandoverIn, request.data)
        found = orders.handover_preview(**given, actor=caller(request), now=clock.now())
        return _preview(request, found)


class HandoverView(APIView):
    permission_classes = [Assigner]

    @extend_schema(
        operation_id="caseload_handover",
        request=shapes.HandoverIn,
        responses={201: shapes.OrderOut},
    )
    def post(self, request: Request) -> Response:
        given = read(shapes.HandoverIn, request.data)
        order = orders.handover(**given, actor=caller(request), now=clock.now())
        return _carry_out(request, order)


class OrderView(APIView):
    """How far an order is, and whom it could not assign."""

    permission_classes = [Assigner]

    @extend_schema(operation_id="caseload_order", responses=shapes.OrderOut)
    def get(self, request: Request, order: UUID) -> Response:
        return Response(shapes.OrderOut(order_cards.card(order=order, viewer=caller(request))).data)
