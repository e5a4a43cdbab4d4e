"""A child's file with its visits, for those who may know the child."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import Office, caller
from backend.caseload import queries as caseload
from backend.common import clock
from backend.common.api import PAGING, page_of, paged

from . import history
from . import serializers as shapes


class ChildView(APIView):
    """Registers, family, who covers the child and the last visits."""

    permission_classes = [Office]

    @extend_schema(operation_id="child", responses=shapes.DetailOut)
    def get(self, request: Request, child: UUID) -> Response:
        found = history.detail(viewer=caller(request), child=child, now=clock.now())
        return Response(shapes.DetailOut(found).data)


class VisitsView(APIView):
    """Every visit with its answers, the last one first."""

    permission_classes = [Office]

    @extend_schema(
        operation_id="child_visits",
        parameters=PAGING,
        responses=paged(shapes.OpenedOut),
    )
    def get(self, request: Request, child: UUID) -> Response:
        viewer, now = caller(request), clock.now()
        division = caseload.may_read_visits(viewer=viewer, child=child, now=now)
        return page_of(
            request,
            history.parts(child),
            shapes.OpenedOut,
            lambda rows: history.opened(
                rows, viewer=viewer, child=child, county=division[:6], now=now
            ),
        )
