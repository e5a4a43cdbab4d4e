"""Log-in, enrolment and what a person may know about herself."""

import io
from uuid import UUID

import qrcode
import qrcode.image.svg
from django.contrib.auth import authenticate
from django.http import HttpRequest, JsonResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.common import clock

from . import queries, services
from .errors import LockedOut, LoginFailed
from .models import AccessToken
from .permissions import Administrator, Office, caller


class LoginIn(serializers.Serializer):
    username = serializers.CharField()
    password = serializers.CharField(trim_whitespace=False)


def locked_out(request: HttpRequest, *_: object) -> JsonResponse:
    """What axes answers for an account that failed too often."""
    error = LockedOut()
    return JsonResponse(error.as_dict(), status=error.status)


class TokenOut(serializers.Serializer):
    token = serializers.CharField()
    expires = serializers.DateTimeField(allow_null=True)


class LoginView(APIView):
    """A name and a password for a token that ends with the working day."""

    permission_classes = [AllowAny]
    authentication_classes: list[type] = []

    @extend_schema(operation_id="login", request=LoginIn, responses=TokenOut)
    def post(self, request: Request) -> Response:
        given = LoginIn(data=request.data)
        given.is_valid(raise_exception=True)
        person = authenticate(request._request, **given.validated_data)
        if person is None:
            raise LoginFailed()
        token, text = AccessToken.objects.create(user=person)
        return Response(TokenOut({"token": text, "expires": token.expiry}).data)


class PersonOut(serializers.Serializer):
    id = serializers.UUIDField()
    username = serializers.CharField()
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    prefixes = serializers.ListField(child=serializers.CharField())


class MeView(APIView):
    permission_classes = [Office]

    @extend_schema(operation_id="me", responses=PersonOut)
    def get(self, request: Request) -> Response:
        person, today = caller(request), clock.today()
        card = {
            "id": person,
            "username": request.user.get_username(),
            "name": queries.names([person])[person],
            "roles": sorted(queries.roles_of(person, on=today)),
            "prefixes": queries.prefixes(person, on=today),
        }
        return Response(PersonOut(card).data)


class EnrolmentCodeIn(serializers.Serializer):
    people = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=20)


class EnrolmentCodeOut(serializers.Serializer):
    code = serializers.CharField()
    qr = serializers.CharField(help_text="The same code as an SVG picture.")


class EnrolmentCodeView(APIView):
    """A one-time code that enrols one phone for one or more people."""

    permission_classes = [Administrator]

    @extend_schema(
        operation_id="enrolment_code", request=EnrolmentCodeIn, responses={201: EnrolmentCodeOut}
    )
    def post(self, request: Request) -> Response:
        given = EnrolmentCodeIn(data=request.data)
        given.is_valid(raise_exception=True)
        code = services.enrolment_code_create(
            people=given.validated_data["people"], actor=caller(request), now=clock.now()
        )
        return Response(
            EnrolmentCodeOut({"code": code, "qr": _svg(code)}).data,
            status=status.HTTP_201_CREATED,
        )


class EnrolIn(serializers.Serializer):
    code = serializers.CharField(max_length=40)
    device = serializers.UUIDField()
    label = serializers.CharField(max_length=100, allow_blank=True, default="")  # type: ignore[assignment]
    app = serializers.CharField(max_length=100, allow_blank=True, default="")


class EnrolledPerson(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()


class EnrolOut(serializers.Serializer):
    token = serializers.CharField()
    device = serializers.UUIDField()
    people = EnrolledPerson(many=True)
    server_time = serializers.DateTimeField()


class EnrolView(APIView):
    """A phone shows its code and gets its token."""

    permission_classes = [AllowAny]
    authentication_classes: list[type] = []

    @extend_schema(operation_id="enrol", request=EnrolIn, responses={201: EnrolOut})
    def post(self, request: Request) -> Response:
        given = EnrolIn(data=request.data)
        given.is_valid(raise_exception=True)
        now = clock.now()
        device, token = services.device_enrol(**given.validated_data, now=now)
        names = queries.names(queries.people_of(device.id))
        people = [{"id": person, "name": name} for person, name in sorted(names.items())]
        card = {"token": token, "device": device.id, "people": people, "server_time": now}
        return Response(EnrolOut(card).data, status=status.HTTP_201_CREATED)


class RevokeIn(serializers.Serializer):
    reason = serializers.CharField(max_length=500)


class DeviceRevokeView(APIView):
    permission_classes = [Administrator]

    @extend_schema(operation_id="device_revoke", request=RevokeIn, responses={204: None})
    def post(self, request: Request, device: UUID) -> Response:
        given = RevokeIn(data=request.data)
        given.is_valid(raise_exception=True)
        services.device_revoke(
            device=device,
            reason=given.validated_data["reason"],
            actor=caller(request),
            now=clock.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


def _svg(code: str) -> str:
    picture = io.BytesIO()
    qrcode.make(code, image_factory=qrcode.image.svg.SvgPathImage).save(picture)
    return picture.getvalue().decode()
