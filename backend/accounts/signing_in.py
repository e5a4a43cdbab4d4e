"""The two steps of a log-in, the same on pages and at the API, each slowed for whoever fails."""

from datetime import datetime
from typing import Any

from django.contrib.auth import authenticate
from django.http import HttpRequest
from django_otp.models import Device as Factor

from . import client, factors, limits, services
from .errors import CodeWrong, LoginFailed

# Wrong codes from strange browsers within the hour, after which the owner is told.
TELL_AFTER = 5


def place(request: HttpRequest, account: str) -> limits.Place:
    return limits.Place(client.address(request), client.known(request, account))


def password(request: HttpRequest, *, username: str, password: str, now: datetime) -> Any:
    """The person. Raises `LoginFailed`, alike for a name that nobody has, and `TooManyTries`."""
    with limits.tried("password", username, place(request, username), now=now):
        person = authenticate(request, username=username, password=password)
        if person is None:
            raise LoginFailed()
    factors.ask(person, now=now)
    return person


def current_password(request: HttpRequest, person: Any, given: str, *, now: datetime) -> None:
    """Whoever sits there is who logged in. Raises `LoginFailed` and `TooManyTries`."""
    username = person.get_username()
    with limits.tried("password", username, place(request, username), now=now):
        if not person.check_password(given):
            raise LoginFailed(fields=("current",))


def code(request: HttpRequest, person: Any, given: str, *, now: datetime) -> Factor:
    """The second step by a code. Raises `CodeWrong` and `TooManyTries`."""
    account = str(person.pk)
    at = place(request, person.get_username())
    try:
        with limits.tried("code", account, at, now=now):
            factor = factors.verified(person.pk, given)
            if factor is None:
                raise CodeWrong()
    except CodeWrong:
        if limits.failures("code", account) >= TELL_AFTER:
            services.factor_tried(person=person.pk, now=now)
        raise
    services.factor_used(person=person.pk, factor=factor, now=now)
    return factor
