"""Between the password and the pages stands the second step."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from backend.common import clock
from backend.common.errors import DomainError

from . import factors
from .errors import SecondFactorNeeded, SecondFactorUnset

# What a log-in reaches that has not taken its second step, and what one that has still to set it up.
_ALWAYS = ("/login/", "/logout/", "/language/", "/api/v1/auth/login")
_TO_SET_UP = ("/office/account/",)


class SecondFactorGate:
    """Lets a browser's log-in go nowhere but to its second step. Tokens: see `authentication`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._stop(request) or self.get_response(request)

    def _stop(self, request: HttpRequest) -> HttpResponse | None:
        user: Any = request.user
        if request.path.startswith(_ALWAYS) or not user.is_authenticated:
            return None
        verified = user.is_verified()
        standing = factors.standing(user, verified=verified, now=clock.now())
        if standing == factors.IN:
            return None
        if request.path.startswith("/api/"):
            if "authorization" not in request.headers:
                return _problem(standing)
            # A token beside the cookie is looked at by itself; of the cookie nothing is left.
            request.user = AnonymousUser()
            return None
        if standing == factors.SET_UP:
            return None if request.path.startswith(_TO_SET_UP) else redirect("account")
        return redirect(f"{reverse('page-code')}?{urlencode({'next': request.get_full_path()})}")


def refusal(standing: str) -> DomainError:
    return SecondFactorNeeded() if standing == factors.CODE else SecondFactorUnset()


def _problem(standing: str) -> HttpResponse:
    error = refusal(standing)
    return JsonResponse(error.as_dict(), status=error.status)
