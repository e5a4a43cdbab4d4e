"""Roles of a person: granted for an area and a time, and ended."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.common import clock
from backend.common.api import read
from fieldforms.vocabulary import codes

from .. import people, services
from ..models import Confirmation
from ..permissions import Administrator, areas, caller
from .confirmations import ConfirmationOut, waiting
from .people import RoleOut


class RoleIn(serializers.Serializer):
    role = serializers.ChoiceField(choices=codes("role"))
    prefixes = serializers.ListField(
        child=serializers.CharField(allow_blank=True, max_length=12), min_length=1, max_length=100
    )
    starts_on = serializers.DateField(required=False, help_text="Today by default.")
    ends_on = serializers.DateField(
        required=False, allow_null=True, help_text="The last day, included."
    )
    reason = serializers.CharField(
        max_length=2000,
        allow_blank=True,
        default="",
        help_text="Needed for a role that a second person has to confirm.",
    )


class RoleGrantView(APIView):
    """201: granted. 202: asked for; a second person has to confirm it."""

    permission_classes = [Administrator]

    @extend_schema(
        operation_id="role_grant", request=RoleIn, responses={201: RoleOut, 202: ConfirmationOut}
    )
    def post(self, request: Request, person: UUID) -> Response:
        given = read(RoleIn, request.data)
        today = clock.today()
        card: dict[str, Any] = {"starts_on": today, **given}
        grant = services.role_grant(person=person, actor=caller(request), now=clock.now(), **card)
        if isinstance(grant, Confirmation):
            return waiting(grant, viewer=caller(request))
        found = people.person_in(areas(request, "administrator"), person, on=today)
        shown = [
            role for role in people.cards([found], on=today)[0]["roles"] if role["id"] == grant.id
        ]
        return Response(RoleOut(shown[0]).data, status=status.HTTP_201_CREATED)


class RoleEndIn(serializers.Serializer):
    ends_on = serializers.DateField(required=False, help_text="The last day; without it, at once.")


class RoleEndView(APIView):
    permission_classes = [Administrator]

    @extend_schema(operation_id="role_end", request=RoleEndIn, responses={204: None})
    def post(self, request: Request, person: UUID, grant: int) -> Response:
        given = read(RoleEndIn, request.data)
        services.role_end(
            person=person, grant=grant, actor=caller(request), now=clock.now(),
            **given,
        )  # fmt: skip
        return Response(status=status.HTTP_204_NO_CONTENT)
