"""Who opens a page, and what every page is told about her."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from backend.accounts import factors
from backend.accounts import queries as accounts
from backend.common import clock
from backend.common.errors import DomainError, NotAllowed
from backend.notifications import queries as notifications

from . import navigation


@dataclass(frozen=True)
class Visitor:
    """The person a page is made for."""

    person: UUID
    name: str
    roles: frozenset[str]


class OfficeRequest(HttpRequest):
    """A request behind `office`: somebody is logged in."""

    visitor: Visitor


OfficeView = Callable[..., HttpResponse]


def office(page: str | None = None) -> Callable[[OfficeView], OfficeView]:
    """A view for those who have `page` in their menu; None is for everybody who is logged in.

    A `DomainError` becomes a page in words. Nothing is kept by the browser: the office's computers
    are shared, and what they show are names of children.
    """

    def wrap(view: OfficeView) -> OfficeView:
        @wraps(view)
        @never_cache
        @login_required
        def opened(request: OfficeRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            request.visitor = visitor_of(request)
            try:
                if page is not None and not navigation.roles_for(page) & request.visitor.roles:
                    raise NotAllowed()
                return view(request, *args, **kwargs)
            except DomainError as error:
                answer = show(request, "problem", {"error": error}, status=error.status)
                return refused(answer, error, status=error.status)

        return opened

    return wrap


def visitor_of(request: HttpRequest) -> Visitor:
    person: UUID = request.user.pk  # type: ignore[assignment]
    roles = frozenset(accounts.roles_of(person, on=clock.today()))
    return Visitor(person=person, name=accounts.names([person])[person], roles=roles)


def show(
    request: OfficeRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """A page of the office, with its menu."""
    now, visitor = clock.now(), request.visitor
    shared = {
        "visitor": visitor,
        "factor_until": factors.asked_until(request.user, visitor.roles, now=now),
        "unread": notifications.unread(visitor.person),
        "menu": navigation.pages_of(visitor.roles),
        "now": now,
    }
    return render(request, f"console/{template}.html", shared | context, status=status)


def refused(answer: HttpResponse, error: DomainError, *, status: int) -> HttpResponse:
    """The answer with its status; where waiting helps it is 429 and says how long."""
    answer.status_code = status if error.retry_after is None else error.status
    for name, value in error.headers.items():
        answer.headers[name] = value
    return answer
