"""Log-in, log-out, the list of log-ins, and what a person may know about herself."""

from uuid import UUID

from django.contrib.auth import logout
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.common import clock
from backend.common.api import read

from .. import client, factors, gate, queries, services, sessions, signing_in
from ..errors import SecondFactorNeeded
from ..models import AccessToken
from ..permissions import Office, caller


class LoginIn(serializers.Serializer):
    username = serializers.CharField(max_length=254)
    password = serializers.CharField(trim_whitespace=False, max_length=4096)
    otp = serializers.CharField(
        required=False, max_length=40,
        help_text="Six digits of the app, or a recovery code; after `second_factor_needed`.",
    )  # fmt: skip


class TokenOut(serializers.Serializer):
    token = serializers.CharField()
    expires = serializers.DateTimeField(allow_null=True)


class LoginView(APIView):
    """A name, a password and, where one is set up, a code, for a token that ends with the working day.

    Without the code the problem is `second_factor_needed`. 429 says in `Retry-After` how long to wait.
    """

    permission_classes = [AllowAny]
    authentication_classes: list[type] = []

    @extend_schema(operation_id="login", request=LoginIn, responses=TokenOut)
    def post(self, request: Request) -> Response:
        given, now = read(LoginIn, request.data), clock.now()
        otp = given.pop("otp", None)
        person = signing_in.password(request._request, **given, now=now)
        standing = factors.standing(person, verified=False, now=now)
        if standing == factors.SET_UP:
            raise gate.refusal(standing)
        if standing == factors.CODE:
            if not otp:
                raise SecondFactorNeeded()
            signing_in.code(request._request, person, otp, now=now)
        token, text = AccessToken.objects.create(
            user=person, factor=standing == factors.CODE,
            address=client.address(request._request), browser=client.browser(request._request),
        )  # fmt: skip
        return Response(TokenOut({"token": text, "expires": token.expiry}).data)


class LogoutView(APIView):
    """Ends the log-in that calls."""

    permission_classes = [Office]

    @extend_schema(operation_id="logout", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        if isinstance(request.auth, AccessToken):
            request.auth.delete()
        else:
            logout(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)


class LogInOut(serializers.Serializer):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=["page", "token"])
    current = serializers.BooleanField(help_text="The one that asks.")
    made_at = serializers.DateTimeField()
    seen_at = serializers.DateTimeField(allow_null=True, help_text="To five minutes.")
    expires_at = serializers.DateTimeField()
    address = serializers.CharField(allow_blank=True)
    browser = serializers.CharField(allow_blank=True)


def own_key(request: Request) -> str:
    """The key under which the log-in that asks is kept."""
    if isinstance(request.auth, AccessToken):
        return str(request.auth.digest)
    return sessions.digest(request.session.session_key or "")


class LogInsView(APIView):
    """One's own log-ins, in browsers and by token, the last first. Phones are not among them."""

    permission_classes = [Office]

    @extend_schema(operation_id="log_ins", responses=LogInOut(many=True))
    def get(self, request: Request) -> Response:
        found = services.log_ins(caller(request), now=clock.now())
        own = own_key(request)
        cards = [
            {name: getattr(one, name) for name in LogInOut._declared_fields if name != "current"}
            | {"current": one.key == own}
            for one in found
        ]
        return Response(LogInOut(cards, many=True).data)


class LogInEndView(APIView):
    permission_classes = [Office]

    @extend_schema(operation_id="log_in_end", request=None, responses={204: None})
    def post(self, request: Request, log_in: UUID) -> Response:
        services.log_in_end(person=caller(request), log_in=log_in, now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class LogInsEndView(APIView):
    """All of them, the one that asks included."""

    permission_classes = [Office]

    @extend_schema(operation_id="log_ins_end", request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        services.log_ins_end(person=caller(request), now=clock.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeOut(serializers.Serializer):
    id = serializers.UUIDField()
    username = serializers.CharField()
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    prefixes = serializers.ListField(child=serializers.CharField())
    second_factor = serializers.BooleanField(help_text="Whether one is set up.")
    second_factor_until = serializers.DateTimeField(
        allow_null=True, help_text="Until when one has to be set up."
    )


class MeView(APIView):
    permission_classes = [Office]

    @extend_schema(operation_id="me", responses=MeOut)
    def get(self, request: Request) -> Response:
        person, today = caller(request), clock.today()
        roles = queries.roles_of(person, on=today)
        card = {
            "id": person,
            "username": request.user.get_username(),
            "name": queries.names([person])[person],
            "roles": sorted(roles),
            "prefixes": queries.prefixes(person, on=today),
            "second_factor": request.user.factor_at is not None,  # type: ignore[union-attr]
            "second_factor_until": factors.asked_until(request.user, roles, now=clock.now()),
        }
        return Response(MeOut(card).data)


class PasswordChangeIn(serializers.Serializer):
    current = serializers.CharField(trim_whitespace=False, max_length=4096)
    password = serializers.CharField(trim_whitespace=False, max_length=4096)


class MyPasswordView(APIView):
    """Her own password; every log-in ends, this one included."""

    permission_classes = [Office]

    @extend_schema(operation_id="password_change", request=PasswordChangeIn, responses={204: None})
    def post(self, request: Request) -> Response:
        given, now = read(PasswordChangeIn, request.data), clock.now()
        signing_in.current_password(request._request, request.user, given["current"], now=now)
        services.password_change(person=caller(request), now=now, **given)
        return Response(status=status.HTTP_204_NO_CONTENT)
