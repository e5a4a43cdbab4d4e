"""Break-glass over HTTP: asked for here; confirmed under `confirmations/`."""

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

from . import openings
from .queries import DESKS


class Desk(WithRole):
    roles = frozenset(DESKS)


class OpeningIn(serializers.Serializer):
    person = serializers.UUIDField(help_text="To whom alone it is opened.")
    reason = serializers.CharField(max_length=2000, help_text="Kept, sealed with the child's file.")


class OpeningView(APIView):
    """Asks for the sealed matters of one child to be opened to one person for 24 hours."""

    permission_classes = [Desk]

    @extend_schema(
        operation_id="child_break_glass", request=OpeningIn, responses={202: ConfirmationOut}
    )
    def post(self, request: Request, child: UUID) -> Response:
        given = read(OpeningIn, request.data)
        row = openings.opening_ask(child=child, actor=caller(request), now=clock.now(), **given)
        return waiting(row, viewer=caller(request))
