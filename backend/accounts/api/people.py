"""People for administrators: registered, listed, found, closed."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.common import clock
from backend.common.api import PAGING, page_of, paged, read
from fieldforms.vocabulary import codes

from .. import people, queries, services
from ..permissions import Administrator, areas, caller
from .confirmations import ConfirmationOut, waiting


class RoleOut(serializers.Serializer):
    id = serializers.IntegerField()
    role = serializers.CharField()
    prefixes = serializers.ListField(child=serializers.CharField(allow_blank=True))
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(allow_null=True)
    current = serializers.BooleanField()


class PersonOut(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    phone = serializers.CharField()
    username = serializers.CharField(allow_null=True)
    division = serializers.CharField()
    is_active = serializers.BooleanField()
    left_on = serializers.DateField(allow_null=True)
    roles = RoleOut(many=True)


class PersonIn(serializers.Serializer):
    """Without a user name, somebody who works on a phone only."""

    name = serializers.CharField(max_length=100)
    phone = serializers.CharField(max_length=30, allow_blank=True, default="")
    username = serializers.CharField(max_length=100, required=False, allow_null=True)
    password = serializers.CharField(trim_whitespace=False, required=False, allow_null=True)
    division = serializers.CharField(
        required=False, help_text="Where the person belongs; the caller's own division by default."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("password") and not attrs.get("username"):
            raise serializers.ValidationError(
                {"username": "A password needs a user name / 有密码须有用户名"}
            )
        return attrs


class PeopleFilter(serializers.Serializer):
    role = serializers.ChoiceField(choices=codes("role"), required=False)
    division = serializers.CharField(required=False, max_length=12)
    active = serializers.BooleanField(required=False, allow_null=True, default=None)
    q = serializers.CharField(
        required=False, source="text", help_text="Characters, pinyin or a phone number."
    )


class PeopleView(APIView):
    permission_classes = [Administrator]

    @extend_schema(
        operation_id="person_list", parameters=[PeopleFilter, *PAGING], responses=paged(PersonOut)
    )
    def get(self, request: Request) -> Response:
        given = read(PeopleFilter, request.query_params)
        today = clock.today()
        found = queries.people_in(areas(request, "administrator"), on=today, **given)
        return page_of(request, found, PersonOut, lambda rows: people.cards(rows, on=today))

    @extend_schema(operation_id="person_create", request=PersonIn, responses={201: PersonOut})
    def post(self, request: Request) -> Response:
        given = read(PersonIn, request.data)
        card: dict[str, Any] = {"username": None, "password": None, **given}
        person = services.person_create(actor=caller(request), now=clock.now(), **card)
        return Response(
            PersonOut(people.cards([person], on=clock.today())[0]).data,
            status=status.HTTP_201_CREATED,
        )


class PersonView(APIView):
    permission_classes = [Administrator]

    @extend_schema(operation_id="person_detail", responses=PersonOut)
    def get(self, request: Request, person: UUID) -> Response:
        today = clock.today()
        found = people.person_in(areas(request, "administrator"), person, on=today)
        return Response(PersonOut(people.cards([found], on=today)[0]).data)


class PersonDeactivateView(APIView):
    """Somebody left: roles end, log-ins end, phones give back what they hold."""

    permission_classes = [Administrator]

    @extend_schema(operation_id="person_deactivate", request=None, responses={204: None})
    def post(self, request: Request, person: UUID) -> Response:
        services.person_deactivate(person=person, actor=caller(request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordIn(serializers.Serializer):
    password = serializers.CharField(trim_whitespace=False)
    reason = serializers.CharField(
        max_length=2000,
        allow_blank=True,
        default="",
        help_text="Needed for somebody whose roles a second person has to confirm.",
    )


class PersonPasswordView(APIView):
    """204: set. 202: asked for; a second person has to confirm it."""

    permission_classes = [Administrator]

    @extend_schema(
        operation_id="person_password",
        request=PasswordIn,
        responses={204: None, 202: ConfirmationOut},
    )
    def post(self, request: Request, person: UUID) -> Response:
        given = read(PasswordIn, request.data)
        row = services.password_set(person=person, actor=caller(request), now=clock.now(), **given)
        if row is not None:
            return waiting(row, viewer=caller(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SecondFactorEndIn(serializers.Serializer):
    reason = serializers.CharField(max_length=2000, help_text="Why, for whoever has to confirm it.")


class SecondFactorEndView(APIView):
    """Somebody has lost the app and the codes: asked for here, and ended once a second person confirms."""

    permission_classes = [Administrator]

    @extend_schema(
        operation_id="second_factor_end",
        request=SecondFactorEndIn,
        responses={202: ConfirmationOut},
    )
    def post(self, request: Request, person: UUID) -> Response:
        given = read(SecondFactorEndIn, request.data)
        row = services.second_factor_ask(
            person=person, actor=caller(request), now=clock.now(), **given
        )
        return waiting(row, viewer=caller(request))
