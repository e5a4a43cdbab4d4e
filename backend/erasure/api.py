"""Erasing a child's file, for the county's lead."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.api.confirmations import ConfirmationOut, waiting
from backend.accounts.permissions import WithRole, caller
from backend.common import clock
from backend.common.api import read

from . import services


class Eraser(WithRole):
    roles = frozenset(services.ERASERS)


class EraseIn(serializers.Serializer):
    reason = serializers.CharField(
        max_length=2000, help_text="The request or the rule it follows from. Kept, sealed."
    )


class EraseView(APIView):
    """Asks for it. A second person confirms it, it waits seven days, and then there is no way back: the
    key is destroyed, and phones purge the file when they next sync."""

    permission_classes = [Eraser]

    @extend_schema(operation_id="child_erase", request=EraseIn, responses={202: ConfirmationOut})
    def post(self, request: Request, child: UUID) -> Response:
        given = read(EraseIn, request.data)
        row = services.erasure_ask(child=child, actor=caller(request), now=clock.now(), **given)
        return waiting(row, viewer=caller(request))
