"""Django's admin: administrators look at their own area; nobody changes anything; others find nothing."""

import pytest
from django.apps import apps
from django.contrib.admin import ModelAdmin
from django.db.models import Model

from backend.audit.models import AuditEntry
from backend.common.admin import site
from tests import cast as everyone
from tests.cast import Cast

from .routes import routes

pytestmark = pytest.mark.django_db
NOBODY = "0190aaaa-0000-7000-8000-00000000000a"
ROUTES = [r for r in routes() if r.path.startswith("/admin/") and "(" not in r.path]
# The other county's people hold the same roles.
OTHERS = [
    name for name in ["anonymous", *everyone.PHONES, *everyone.NEAR] if name != "administrator"
]
OURS = ("accounts", "caseload", "children", "concerns", "fieldforms", "regions", "visits")


def place(model: type[Model], tail: str = "") -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/{tail}"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_it_is_not_there_for_anybody_but_administrators(cast: Cast, route: object) -> None:
    for name in OTHERS:
        answer = cast[name].call(route.method, route.path.replace("<object_id>", NOBODY))  # type: ignore[attr-defined]
        if name == "anonymous" or name in everyone.PHONES:
            assert answer.status_code == 302, name
            assert answer["Location"].startswith("/login/?next="), name
        else:
            assert answer.status_code == 404, name


def test_only_our_apps_models_are_in_it() -> None:
    assert {model._meta.app_label for model in site._registry} <= set(OURS)


@pytest.mark.parametrize("shown", site._registry.values(), ids=lambda one: one.opts.label)
def test_its_list_opens_and_its_forms_refuse(cast: Cast, shown: ModelAdmin) -> None:
    me, model = cast["administrator"], shown.model
    assert me.call("GET", place(model)).status_code == 200
    before = model._default_manager.count()
    for tail in ("add/", f"{NOBODY}/delete/"):
        assert me.call("POST", place(model, tail), {}).status_code in (302, 403)
    row = shown.get_queryset(asked_by(cast, "administrator")).first()
    if row is not None:
        assert me.call("GET", place(model, f"{row.pk}/change/")).status_code == 200
        assert me.call("POST", place(model, f"{row.pk}/change/"), {}).status_code == 403
    assert model._default_manager.count() == before


def asked_by(cast: Cast, name: str) -> object:
    class Request:
        user = cast[name].person

    return Request()


@pytest.mark.parametrize(
    ("label", "thing"),
    [("children.Child", "child"), ("accounts.Person", "person"), ("accounts.Device", "device")],
)
def test_it_shows_the_own_county_and_not_the_other(cast: Cast, label: str, thing: str) -> None:
    model = apps.get_model(label)
    mine, theirs = cast.here.ids[thing], cast.there.ids[thing]
    listed = cast["administrator"].call("GET", place(model)).content.decode()
    assert str(mine) in listed
    assert str(theirs) not in listed
    hidden = cast["administrator"].call("GET", place(model, f"{theirs}/change/"))
    absent = cast["administrator"].call("GET", place(model, f"{NOBODY}/change/"))
    assert (hidden.status_code, absent.status_code) == (302, 302)
    assert hidden["Location"] == absent["Location"] == "/admin/"


def test_what_was_opened_stands_in_the_log_and_shows_no_birth_date(cast: Cast) -> None:
    child = cast.here.ids["child"]
    page = cast["administrator"].call("GET", f"/admin/children/child/{child}/change/")
    assert page.status_code == 200
    assert "birth" not in page.content.decode().lower()
    line = AuditEntry.objects.filter(action="admin.read").latest("id")
    assert line.actor == cast["administrator"].person.pk  # type: ignore[union-attr]
    assert line.detail == {"model": "children.child", "id": str(child)}
