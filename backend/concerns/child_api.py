"""A child's file with its visits and what they left open, for those who may know the child."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import Office, caller
from backend.caseload import queries as caseload
from backend.common import clock
from backend.common.api import PAGING, page_of, paged
from backend.visits import history

from . import looking, undecided
from . import serializers as shapes
from .api import Worker


class ChildView(APIView):
    """Registers, family, who covers the child, the last visits and what the last one left open."""

    permission_classes = [Office]

    @extend_schema(operation_id="child", responses=shapes.ChildOut)
    def get(self, request: Request, child: UUID) -> Response:
        viewer, now = caller(request), clock.now()
        found = history.detail(viewer=viewer, child=child, now=now)
        if "visits" in found:
            division = found["item"].division
            found["gaps"] = undecided.of_child(child, division=division, viewer=viewer, now=now)
        return Response(shapes.ChildOut(found).data)


class VisitsView(APIView):
    """Every visit with its answers and what it left open, the last one first."""

    permission_classes = [Office]

    @extend_schema(
        operation_id="child_visits",
        parameters=PAGING,
        responses=paged(shapes.VisitOut),
    )
    def get(self, request: Request, child: UUID) -> Response:
        viewer, now = caller(request), clock.now()
        reading = caseload.may_read_visits(viewer=viewer, child=child, now=now)
        county = reading.division[:6]
        return page_of(
            request,
            history.parts(child),
            shapes.VisitOut,
            lambda rows: undecided.beside(
                history.opened(
                    rows, viewer=viewer, child=child, county=county, oversees=reading.oversees, now=now
                ),
                division=reading.division, viewer=viewer, now=now,
            ),
        )  # fmt: skip


class SignsView(APIView):
    """Recent visits in the viewer's area that are worth a look."""

    permission_classes = [Worker]

    @extend_schema(operation_id="visit_signs", responses=shapes.LookOut(many=True))
    def get(self, request: Request) -> Response:
        viewer, now = caller(request), clock.now()
        found = looking.items(looking.listed(viewer=viewer, now=now), viewer=viewer, now=now)
        return Response(shapes.LookOut(found, many=True).data)
