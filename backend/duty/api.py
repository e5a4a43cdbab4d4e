"""The on-call roster: read by those who work escalations and administrators, kept by county leads."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.permissions import WithRole, caller
from backend.common import clock
from backend.common.api import read

from . import queries, scope, services


class Reader(WithRole):
    roles = frozenset(scope.READERS)


class Keeper(WithRole):
    roles = frozenset(scope.KEEPERS)


class PlanIn(serializers.Serializer):
    division = serializers.CharField(max_length=12, help_text="A county or a township.")
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        services.check_span(given["start"], given["end"])
        return given


class DeputyOut(serializers.Serializer):
    person = serializers.UUIDField()
    name = serializers.CharField()


class ShiftOut(serializers.Serializer):
    id = serializers.UUIDField()
    revision = serializers.IntegerField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    deputies = DeputyOut(many=True)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class LeaveOut(serializers.Serializer):
    id = serializers.UUIDField()
    person = serializers.UUIDField()
    name = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class GapOut(serializers.Serializer):
    """`[from, until]`: nobody is on call then."""

    def to_representation(self, gap: Any) -> Any:
        return {"starts_at": gap[0].isoformat(), "ends_at": gap[1].isoformat()}

    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class PlanOut(serializers.Serializer):
    division = serializers.CharField()
    place = serializers.CharField()
    now = serializers.UUIDField(allow_null=True, help_text="Who is on call at this moment.")
    now_name = serializers.CharField()
    shifts = ShiftOut(many=True)
    leaves = LeaveOut(many=True)
    gaps = GapOut(many=True)
    keeps = serializers.BooleanField(help_text="Whether the caller keeps this roster.")


class SpanIn(serializers.Serializer):
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class ChangeIn(SpanIn):
    person = serializers.UUIDField()
    deputies = serializers.ListField(
        child=serializers.UUIDField(), max_length=5, default=list, help_text="In their order."
    )
    revision = serializers.IntegerField(min_value=1, help_text="The one that was read.")


class ShiftIn(SpanIn):
    division = serializers.CharField(max_length=12)
    person = serializers.UUIDField()
    deputies = serializers.ListField(
        child=serializers.UUIDField(), max_length=5, default=list, help_text="In their order."
    )


class LeaveIn(SpanIn):
    person = serializers.UUIDField()


class MadeOut(serializers.Serializer):
    id = serializers.UUIDField()


class PlanView(APIView):
    permission_classes = [Reader]

    @extend_schema(operation_id="duty", parameters=[PlanIn], responses=PlanOut)
    def get(self, request: Request) -> Response:
        given = read(PlanIn, request.query_params)
        found = queries.plan(viewer=caller(request), now=clock.now(), **given)
        return Response(PlanOut(found).data)


class ShiftsView(APIView):
    permission_classes = [Keeper]

    @extend_schema(operation_id="duty_shift_create", request=ShiftIn, responses={201: MadeOut})
    def post(self, request: Request) -> Response:
        given = read(ShiftIn, request.data)
        made = services.shift_create(actor=caller(request), now=clock.now(), **given)
        return Response(MadeOut(made).data, status=status.HTTP_201_CREATED)


class ShiftView(APIView):
    permission_classes = [Keeper]

    @extend_schema(operation_id="duty_shift_change", request=ChangeIn, responses={204: None})
    def put(self, request: Request, shift: UUID) -> Response:
        given = read(ChangeIn, request.data)
        services.shift_change(shift=shift, actor=caller(request), now=clock.now(), **given)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(operation_id="duty_shift_cancel", responses={204: None})
    def delete(self, request: Request, shift: UUID) -> Response:
        services.shift_cancel(shift=shift, actor=caller(request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class LeavesView(APIView):
    permission_classes = [Keeper]

    @extend_schema(operation_id="duty_leave_create", request=LeaveIn, responses={201: MadeOut})
    def post(self, request: Request) -> Response:
        given = read(LeaveIn, request.data)
        made = services.leave_create(actor=caller(request), now=clock.now(), **given)
        return Response(MadeOut(made).data, status=status.HTTP_201_CREATED)


class LeaveView(APIView):
    permission_classes = [Keeper]

    @extend_schema(operation_id="duty_leave_cancel", responses={204: None})
    def delete(self, request: Request, leave: UUID) -> Response:
        services.leave_cancel(leave=leave, actor=caller(request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)
