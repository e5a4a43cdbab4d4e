"""Every list in pages: rows that leave, come or move between two pages make no other be skipped."""

import copy
import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, models, transaction
from drf_spectacular.generators import SchemaGenerator

from backend.caseload.models import Assignment
from backend.children.models import Child
from backend.common import pages
from backend.concerns.models import Escalation
from sync.protocol import ids
from tests import cast as everyone
from tests.cast import Cast

from .routes import Route, routes
from .scope import address, row_of

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 30, 8, tzinfo=dt.UTC)
QUEUE = "/api/v1/escalations/"


# What a phone knows is gathered before it is listed, by primary key: nothing can be added to it here.
GATHERED = "/api/v1/devices/<device>/children/"


def paged_routes() -> list[Route]:
    """Those whose schema has a cursor."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    names = {
        path
        for path, methods in schema["paths"].items()
        if any(one["name"] == "cursor" for one in methods.get("get", {}).get("parameters", ()))
    }
    spelled = [route for route in routes() if route.method == "GET"]
    return [
        r
        for r in spelled
        if r.path.replace("<", "{").replace(">", "}") in names and r.path != GATHERED
    ]


@contextmanager
def taken_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def listed(cast: Cast, route: Route, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The list behind a route, for whoever of the cast sees something there."""
    seen: list[Any] = []
    real = pages.page

    def looked_at(found: Any, **more: Any) -> pages.Page:
        seen.append(found)
        return real(found, **more)

    monkeypatch.setattr(pages, "page", looked_at)
    path = address(route, row_of(route) or {}, cast.here.ids)
    if path == "/api/v1/caseload/unassigned/":
        Assignment.objects.all().delete()
    if path == "/api/v1/retention/due/":
        Child.objects.update(birth_year=1990)
    for name in everyone.PEOPLE:
        with taken_back():
            answer = cast[name].call("GET", path)
        if answer.status_code == 200 and answer.json()["count"]:
            monkeypatch.undo()
            return seen[-1]
    raise AssertionError(f"Nobody of the cast sees anything at {route}")


def another(row: models.Model, **instead: Any) -> models.Model:
    """The same row once more with what points at it, and with what must be one's own."""
    made = copy.copy(row)
    made._state = copy.copy(row._state)
    for field in made._meta.concrete_fields:
        value = getattr(made, field.attname)
        if not field.unique or isinstance(field, models.OneToOneField):
            continue
        fresh: Any = ids.uuid7(NOW)
        if isinstance(value, bytes | memoryview):
            fresh = os.urandom(32)
        elif isinstance(value, int):
            fresh = None if isinstance(field, models.AutoField) else _beyond(row, field)
        elif isinstance(value, str):
            fresh = f"{value}{fresh}"[-(field.max_length or 99) :]
        elif not isinstance(value, UUID):
            continue
        setattr(made, field.attname, fresh)
    for name, value in instead.items():
        setattr(made, name, value)
    made.save(force_insert=True)
    for relation in row._meta.related_objects:
        if not relation.many_to_many:
            for other in relation.related_model._default_manager.filter(
                **{relation.field.name: row}
            ):
                another(other, **{relation.field.attname: made.pk})
    if isinstance(row, Child):
        for cover in Assignment.objects.filter(file=row.pk):
            another(cover, file=made.pk)
    return made


def ordered(row: models.Model, found: Any, number: int) -> dict[str, Any]:
    """Other values of what the list is ordered by, every other one empty where it may be."""
    fields = {field.name: field for field in row._meta.concrete_fields}
    said: dict[str, Any] = {}
    for order in found.query.order_by:
        name = str(getattr(getattr(order, "expression", order), "name", order)).lstrip("-")
        value = getattr(row, name, None)
        if name not in fields or not isinstance(value, dt.date | None):
            continue
        if fields[name].null and number % 2:
            said[name] = None
        elif value is not None:
            said[name] = value + dt.timedelta(days=number // 3 - 1)
    return said


def forget_unique(model: type[models.Model]) -> None:
    """Copies differ by no more than their keys; taken back with the rest."""
    table = model._meta.db_table
    model_unique = {field.column for field in model._meta.concrete_fields if field.unique}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name, how in connection.introspection.get_constraints(cursor, table).items():
            (*columns,) = how["columns"] or ()
            own = len(columns) == 1 and columns[0] in model_unique
            if how["unique"] and not how["primary_key"] and not own:
                kind = "CONSTRAINT" if _is_constraint(cursor, name) else ""
                statement = (
                    f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"'
                    if kind
                    else f'DROP INDEX "{name}"'
                )
                cursor.execute(statement)


def _is_constraint(cursor: Any, name: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_constraint WHERE conname = %s", [name])
    return cursor.fetchone() is not None


def _beyond(row: models.Model, field: Any) -> int:
    return int(type(row)._default_manager.aggregate(most=models.Max(field.name))["most"]) + 1


def a_row_of(found: Any) -> Any:
    """A row of the table that a list, or the first part of a union that has any, is read from."""
    for part in found.query.combined_queries or (found.query,):
        rows = models.QuerySet(part.model, query=part.chain()).order_by().values("pk")
        if row := part.model._default_manager.filter(pk__in=rows).first():
            return row
    raise AssertionError("an empty list")


def named(rows: list[Any]) -> list[Any]:
    return [getattr(row, "key", None) or row.id for row in rows]


def _not(found: Any, row: Any) -> models.Q:
    keyed = found.query.combinator and "key" in found.query.combined_queries[0].annotations
    return ~models.Q(key=row.key) if keyed else ~models.Q(pk=row.id)


# Divisions are rows of a law, which nobody adds to while somebody reads.
MOVING = [route for route in paged_routes() if route.path != "/api/v1/divisions/"]


@pytest.mark.parametrize("route", MOVING, ids=lambda route: route.path)
def test_a_row_that_leaves_between_two_pages_makes_no_other_be_skipped(
    cast: Cast, route: Route, monkeypatch: pytest.MonkeyPatch
) -> None:
    with taken_back():
        found = listed(cast, route, monkeypatch)
        row = a_row_of(found)
        forget_unique(type(row))
        for number in range(7):
            another(row, **ordered(row, found, number))
        whole = named(list(found.all()))
        assert len(whole) >= 8
        for size in (2, 5):
            first = pages.page(found.all(), cursor="", size=size, of="")
            left = pages._narrowed(found.all(), _not(found, first.rows[0]))
            seen, page = named(first.rows), first
            while page.next is not None:
                page = pages.page(left.all(), cursor=page.next, size=size, of="")
                assert page.before() == len(seen) - 1
                seen += named(page.rows)
            assert seen == whole
            back: list[Any] = []
            while page.previous is not None:
                page = pages.page(found.all(), cursor=page.previous, size=size, of="")
                back = named(page.rows) + back
            assert [*back, *whole[len(back) :]] == whole


def test_rows_that_move_or_come_between_two_pages_hide_no_other(cast: Cast) -> None:
    rows = []
    for number in range(5):
        child, _ = everyone.add_child(cast.here, f"吴小{number}")
        rows.append(everyone.add_escalation(cast.here, child))
    officer = cast["officer"]
    first = officer.call("GET", QUEUE, query="size=2").json()
    whole = {row["id"] for row in officer.call("GET", QUEUE).json()["results"]}
    assert len(whole) >= 6
    moved, gone = first["results"][0]["id"], first["results"][1]["id"]
    Escalation.objects.filter(id=moved).update(deadline=NOW + dt.timedelta(days=400))
    Escalation.objects.filter(id=gone).update(status="resolved", resolved_at=NOW)
    Escalation.objects.filter(id=rows[0]).update(deadline=NOW - dt.timedelta(days=400))
    seen, following = [row["id"] for row in first["results"]], first["next"]
    while following:
        answer = officer.call("GET", QUEUE, query=following.partition("?")[2]).json()
        seen, following = [*seen, *(row["id"] for row in answer["results"])], answer["next"]
    assert whole - {str(rows[0])} <= set(seen)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("page=2", "page.by_number"),
        ("size=0", "invalid"),
        ("size=many", "invalid"),
        ("cursor=eyJhdCI6W119", "cursor.unknown"),
        ("level=county&cursor={own}", "cursor.unknown"),
        ("cursor={other}", "cursor.unknown"),
    ],
)
def test_a_page_by_number_and_a_cursor_of_another_list_are_refused(
    cast: Cast, query: str, code: str
) -> None:
    of = {"own": pages.about(QUEUE, {}), "other": pages.about("/api/v1/notices/", {})}
    given = {
        name: pages._cursor([NOW, UUID(int=1)], one, backwards=False) for name, one in of.items()
    }
    answer = cast["officer"].call("GET", QUEUE, query=query.format(**given))
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert cast["officer"].call("GET", QUEUE, query=f"cursor={given['own']}").status_code == 200
    page = "/office/queue/"
    assert cast["officer"].call("GET", page, query=query.format(**given)).status_code == 200
