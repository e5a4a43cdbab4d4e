"""Log-in and what a person may know about herself."""

from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse, JsonResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.common import clock
from backend.common.api import read

from .. import queries, services
from ..errors import LockedOut, LoginFailed
from ..models import AccessToken
from ..permissions import Office, caller


class LoginIn(serializers.Serializer):
    username = serializers.CharField()
    password = serializers.CharField(trim_whitespace=False)


def locked_out(request: HttpRequest, answer: HttpResponse, *_: object) -> HttpResponse:
    """What axes answers for an account that failed too often; a page says it in its own form."""
    error = LockedOut()
    if not request.path.startswith("/api/"):
        answer.status_code = error.status
        return answer
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
        given = read(LoginIn, request.data)
        person = authenticate(request._request, **given)
        if person is None:
            raise LoginFailed()
        token, text = AccessToken.objects.create(user=person)
        return Response(TokenOut({"token": text, "expires": token.expiry}).data)


class MeOut(serializers.Serializer):
    id = serializers.UUIDField()
    username = serializers.CharField()
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    prefixes = serializers.ListField(child=serializers.CharField())


class MeView(APIView):
    permission_classes = [Office]

    @extend_schema(operation_id="me", responses=MeOut)
    def get(self, request: Request) -> Response:
        person, today = caller(request), clock.today()
        card = {
            "id": person,
            "username": request.user.get_username(),
            "name": queries.names([person])[person],
            "roles": sorted(queries.roles_of(person, on=today)),
            "prefixes": queries.prefixes(person, on=today),
        }
        return Response(MeOut(card).data)


class PasswordChangeIn(serializers.Serializer):
    current = serializers.CharField(trim_whitespace=False)
    password = serializers.CharField(trim_whitespace=False)


class MyPasswordView(APIView):
    """Her own password; every log-in ends, this one included."""

    permission_classes = [Office]

    @extend_schema(operation_id="password_change", request=PasswordChangeIn, responses={204: None})
    def post(self, request: Request) -> Response:
        given = read(PasswordChangeIn, request.data)
        services.password_change(person=caller(request), now=clock.now(), **given)
        return Response(status=status.HTTP_204_NO_CONTENT)
