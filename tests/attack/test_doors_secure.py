"""The attack on the doors, in this process; and holes that it has to find."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse

from backend.children import queries
from backend.children.models import Child
from tests.api.routes import Route, callbacks
from tests.api.scope import ROUTES
from tests.attack.doors import Doors
from tests.cast import Cast, Member

pytestmark = pytest.mark.django_db
# One of each kind: a phone that is let in nowhere, another county's, and who sees one village of this one.
FEW = ("revoked_phone", "far_officer", "village_b")
CHILD = Route("/api/v1/children/<child>/", "GET")


def send(member: Member, method: str, path: str, body: Any, headers: Any) -> Any:
    return member.call(method, path, body, headers=headers)


@pytest.fixture
def doors(cast: Cast) -> Iterator[Doors]:
    with transaction.atomic():
        yield Doors(cast, send)
        transaction.set_rollback(True)


def test_what_is_refused_shows_nothing_and_writes_nothing_secure(doors: Doors) -> None:
    """Each route by a few; `test_scope` has the statuses of all, and takes back what they write."""
    found = doors.refused(ROUTES, FEW)
    assert found.hits == []
    assert found.tried > len(ROUTES)


def test_a_method_that_nobody_declared_does_nothing_secure(doors: Doors) -> None:
    found = doors.methods(["far_officer"])
    assert found.hits == []
    assert found.tried > len({route.path for route in ROUTES})


Hole = Callable[[HttpRequest, UUID], HttpResponse]


def opened(request: HttpRequest, child: UUID) -> HttpResponse:
    """Everybody reads every file."""
    return JsonResponse({"id": str(child), "name": name_of(child)})


def name_of(child: UUID) -> str:
    return queries.name_of(queries.shown_children([child])[child])


def told_apart(request: HttpRequest, child: UUID) -> HttpResponse:
    """What exists is refused with another sentence than what does not."""
    code = "child.foreign" if Child.objects.filter(id=child).exists() else "not_found"
    return JsonResponse({"code": code}, status=404)


def written(request: HttpRequest, child: UUID) -> HttpResponse:
    """Refused, but not before it was done."""
    Child.objects.filter(id=child).update(feed=7)
    return JsonResponse({"code": "not_found"}, status=404)


def failing(request: HttpRequest, child: UUID) -> HttpResponse:
    return JsonResponse({"code": "server.fault"}, status=500)


def kept(request: HttpRequest, child: UUID) -> HttpResponse:
    answer = JsonResponse({"code": "not_found"}, status=404)
    answer["Cache-Control"] = "max-age=60"
    return answer


@pytest.mark.parametrize(
    ("hole", "hit"),
    [
        (opened, "far_officer GET /api/v1/children/<child>/ (here): 200, the table says 404"),
        (opened, "far_officer GET /api/v1/children/<child>/ (here): shows 龙小燕"),
        (told_apart, "far_officer GET /api/v1/children/<child>/ (here): another answer than for"),
        (written, "a refused call wrote to children_child"),
        (failing, "far_officer GET /api/v1/children/<child>/ (here): 500"),
        (kept, "far_officer GET /api/v1/children/<child>/ (here): kept"),
    ],
)  # fmt: skip
def test_a_planted_hole_is_found_secure(
    doors: Doors, monkeypatch: pytest.MonkeyPatch, hole: Hole, hit: str
) -> None:
    assert doors.refused([CHILD], FEW).hits == []
    (view,) = (v for path, v in callbacks() if path == "/api/v1/children/<uuid:child>/")
    monkeypatch.setattr(view.cls, "dispatch", lambda self, request, child: hole(request, child))
    assert [one for one in doors.refused([CHILD], FEW).hits if one.startswith(hit)]
