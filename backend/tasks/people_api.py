"""Many people over HTTP: looked at at once, written by a worker."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts import services as accounts
from backend.accounts.api.bulk import PeopleBulkEnvelope, PeopleBulkIn, rows_of
from backend.accounts.permissions import Administrator, caller
from backend.common import clock
from backend.common.api import read

from . import people
from .api import accepted
from .serializers import TaskOut


class PeopleLookedAtOut(serializers.Serializer):
    written = serializers.BooleanField(help_text="Never in a dry run.")


class PeopleBulkView(APIView):
    """All rows or none, as a task. What is wrong with rows is said at once; a dry run says only that."""

    permission_classes = [Administrator]

    @extend_schema(
        operation_id="people_bulk",
        request=PeopleBulkIn,
        responses={200: PeopleLookedAtOut, 202: TaskOut},
    )
    def post(self, request: Request) -> Response:
        given = read(PeopleBulkEnvelope, request.data)
        rows, reason, actor, now = given["rows"], given["reason"], caller(request), clock.now()
        if given["dry_run"]:
            accounts.people_check(rows=rows_of(rows), actor=actor, now=now, reason=reason)
            return Response(PeopleLookedAtOut({"written": False}).data)
        task = people.people_ask(rows=rows, reason=reason, actor=actor, now=now)
        return accepted(request, task)
