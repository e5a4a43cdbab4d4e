"""What phones have given back after a restore: for the county's officers and leads."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import WithRole, areas, caller
from backend.common import clock
from backend.common.api import PAGING, page_of, paged, read
from sync.recovered import settled_by_arrival

from . import queries, services


class Reader(WithRole):
    roles = frozenset(queries.READERS)


class RecoveredFilter(serializers.Serializer):
    settled = serializers.BooleanField(required=False, allow_null=True, default=None)


class RecoveredOut(serializers.Serializer):
    id = serializers.UUIDField()
    type = serializers.CharField()
    record = serializers.UUIDField()
    file = serializers.UUIDField()
    rev = serializers.IntegerField()
    device = serializers.UUIDField(help_text="The phone that held it; somebody else wrote it.")
    received = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True)
    settled_by = serializers.UUIDField(
        allow_null=True, help_text="Empty where its author has sent it after all."
    )
    contents = serializers.JSONField()


class RecoveredView(APIView):
    """Evidence of what a restored server has lost, until its author's phone comes back."""

    permission_classes = [Reader]

    @extend_schema(
        operation_id="recovered",
        parameters=[RecoveredFilter, *PAGING],
        responses=paged(RecoveredOut),
    )
    def get(self, request: Request) -> Response:
        given = read(RecoveredFilter, request.query_params)
        now = clock.now()
        settled_by_arrival(now=now)
        found = queries.recovered_in(areas(request, *queries.READERS), settled=given["settled"])
        return page_of(
            request,
            found,
            RecoveredOut,
            lambda rows: queries.items(rows, reader=caller(request), now=now),
        )


class SettleView(APIView):
    """Somebody has looked at it."""

    permission_classes = [Reader]

    @extend_schema(operation_id="recovered_settle", request=None, responses={204: None})
    def post(self, request: Request, recovered: UUID) -> Response:
        services.recovered_settle(recovered=recovered, actor=caller(request), now=clock.now())
        return Response(status=204)
