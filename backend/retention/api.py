"""What is kept how long, and whose file has passed its time, over HTTP."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.api.confirmations import ConfirmationOut, waiting
from backend.accounts.permissions import WithRole, caller
from backend.common import clock
from backend.common.api import PAGING, page_of, paged
from backend.common.language import language

from . import queries, schedule, services


class Reader(WithRole):
    roles = frozenset(queries.READERS)


class Asker(WithRole):
    roles = frozenset(queries.ASKERS)


class LineOut(serializers.Serializer):
    name = serializers.CharField()
    what = serializers.CharField()
    days = serializers.IntegerField(allow_null=True)
    years = serializers.IntegerField(
        allow_null=True, help_text="After the year of the 18th birthday."
    )
    since = serializers.CharField(help_text="When that begins.")
    does = serializers.ChoiceField(schedule.DOES)
    set_by = serializers.ChoiceField(schedule.SET_BY)
    ground = serializers.CharField()


class ScheduleOut(serializers.Serializer):
    lines = LineOut(many=True)


class DueOut(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    division = serializers.CharField()
    birth_date = serializers.DateField(allow_null=True)
    due_on = serializers.DateField(allow_null=True)
    waiting = serializers.BooleanField(help_text="Its erasure has been asked for.")


def spoken() -> list[dict[str, Any]]:
    """The schedule in the reader's language."""
    said = language()
    return [
        {
            "name": line.name, "what": line.what[said], "days": line.days, "years": line.years,
            "since": line.since[said] if line.since else "", "does": line.does,
            "set_by": line.set_by, "ground": line.ground[said],
        }
        for line in schedule.lines().values()
    ]  # fmt: skip


class ScheduleView(APIView):
    permission_classes = [Reader]

    @extend_schema(operation_id="retention", responses=ScheduleOut)
    def get(self, request: Request) -> Response:
        return Response(ScheduleOut({"lines": spoken()}).data)


class DueView(APIView):
    """Children's files that have passed their time, where the caller administers or leads."""

    permission_classes = [Reader]

    @extend_schema(operation_id="retention_due", parameters=PAGING, responses=paged(DueOut))
    def get(self, request: Request) -> Response:
        viewer, now = caller(request), clock.now()
        found = queries.due(viewer=viewer, now=now)
        return page_of(
            request, found, DueOut, lambda rows: queries.items(list(rows), viewer=viewer, now=now)
        )


class ProposeView(APIView):
    """Asks for the erasure of a file that is due: a second person confirms it, and it waits seven days."""

    permission_classes = [Asker]

    @extend_schema(operation_id="retention_erase", request=None, responses={202: ConfirmationOut})
    def post(self, request: Request, child: UUID) -> Response:
        row = services.erasure_propose(child=child, actor=caller(request), now=clock.now())
        return waiting(row, viewer=caller(request))
