"""All routes × the whole cast, compared with `scope_table.yaml`; and the other county sees nothing.

A route without a row fails and prints the row it would need. Look at each status before you paste
it: the table says what is meant, not what happens.
"""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from django.db import transaction

from backend.common import clock
from sync.protocol import ids
from tests import cast as everyone
from tests.cast import Cast, County, Member

from .routes import Route, routes

pytestmark = pytest.mark.django_db
TABLE = Path(__file__).with_name("scope_table.yaml")
GROUPS = {
    "everybody": everyone.EVERYBODY,
    "people": list(everyone.PEOPLE),
    "phones": everyone.PHONES,
    "near": everyone.NEAR,
    # The partner of the other county is named where she is meant: she sees less than the rest.
    "far": [name for name in everyone.FAR if name != "far_partner"],
}
Statuses = dict[str, int]
# Django's admin is a site of its own: test_admin.py.
ROUTES = [r for r in routes() if "(" not in r.path and not r.path.startswith("/admin/")]


@cache
def table() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return loaded


def row_of(route: Route) -> dict[str, Any] | None:
    return table().get(str(route))


def expected(route: Route, written: dict[int, str]) -> Statuses:
    """By member. Who is not written down is not let in: 401 without a log-in, else 403."""
    statuses = dict.fromkeys(everyone.EVERYBODY, 403) | {"anonymous": 401}
    if not route.path.startswith("/api/"):
        statuses |= dict.fromkeys(everyone.PHONES, 401)
    for answer, names in written.items():
        for name in names.split():
            statuses |= dict.fromkeys(GROUPS.get(name, [name]), answer)
    return statuses


def subjects(route: Route, row: dict[str, Any]) -> list[str]:
    """Whose things the route is called with: both counties' where it names any."""
    named = [name for name in route.parameters if name not in row.get("fixed", {})]
    named += re.findall(r"{(\w+)}", str(row.get("body", "")))
    return ["here", "there"] if named else ["here"]


def address(route: Route, row: dict[str, Any], things: dict[str, Any]) -> str:
    alias = {name: things[thing] for name, thing in row.get("alias", {}).items()}
    known = things | row.get("fixed", {}) | alias
    lacking = [name for name in route.parameters if name not in known]
    assert not lacking, (
        f"{route} names {lacking}: put an id under that name into County.ids in tests/cast.py,"
        f" or `fixed: {{{lacking[0] if lacking else ''}: value}}` into the row"
    )
    return re.sub(r"<(\w+)>", lambda found: str(known[found[1]]), route.path)


def filled(body: Any, things: dict[str, Any]) -> Any:
    if isinstance(body, dict):
        return {name: filled(value, things) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(value, things) for value in body]
    return body.format(**things) if isinstance(body, str) and "{" in body else body


def call(member: Member, route: Route, row: dict[str, Any], things: dict[str, Any]) -> Any:
    """The response; what the call wrote is taken back."""
    body = filled(row.get("body"), things)
    path = address(route, row, things)
    if "lines" in row:
        body = row["lines"].encode()
    with transaction.atomic():
        answer = member.call(route.method, path, body, headers=row.get("headers"))
        transaction.set_rollback(True)
    return answer


def asked(cast: Cast, route: Route, row: dict[str, Any], county: County) -> Statuses:
    return {
        name: status(call(member, route, row, county.ids)) for name, member in cast.members.items()
    }


def status(answer: Any) -> int:
    """401 for a page that sends the caller to the log-in."""
    to_login = answer.status_code == 302 and answer["Location"].startswith("/login/")
    return 401 if to_login else int(answer.status_code)


def suggestion(route: Route, row: dict[str, Any], seen: dict[str, Statuses]) -> str:
    """The row as it would have to be written for what happened."""
    lines = [f"{route}:"]
    for column, statuses in seen.items():
        rest = expected(route, {})
        by: dict[int, list[str]] = {}
        for name, got in statuses.items():
            if got != rest[name]:
                by.setdefault(got, []).append(name)
        cells = ", ".join(f"{got}: {' '.join(names)}" for got, names in sorted(by.items()))
        lines.append(f"  {column}: {{{cells}}}")
    return "\n".join(lines)


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_every_route_lets_in_whom_the_table_names(cast: Cast, route: Route) -> None:
    row = row_of(route) or {}
    seen = {name: asked(cast, route, row, getattr(cast, name)) for name in subjects(route, row)}
    if "sealed" in row:
        sealed = County(cast.here.supervisor, cast.here.village, dict(cast.here.ids))
        sealed.ids |= {
            "escalation": sealed.ids["sealed"], "attachment": sealed.ids["sealed_attachment"],
            "delivery": sealed.ids["sealed_delivery"],
        }  # fmt: skip
        sealed.ids["item"] = sealed.ids["sealed_item"]
        sealed.ids["case"] = sealed.ids["sealed_case"]
        sealed.ids["referral"] = sealed.ids["sealed_referral"]
        sealed.ids["dossier"] = sealed.ids["sealed_dossier"]
        seen["sealed"] = asked(cast, route, row, sealed)
    wanted = {column: expected(route, row.get(column) or {}) for column in seen}
    wrong = [
        f"  {column}: {name} got {got}, the table says {wanted[column][name]}"
        for column, statuses in seen.items()
        for name, got in statuses.items()
        if got != wanted[column][name]
    ]
    if row_of(route) is None or wrong:
        lines = [f"{TABLE.name} has another answer for {route}", *wrong, "If it is meant, write:"]
        pytest.fail("\n".join([*lines, suggestion(route, row, seen)]), pytrace=False)


def test_every_row_has_a_route() -> None:
    assert table().keys() - {str(route) for route in ROUTES} == set()


NAMING = [route for route in ROUTES if len(subjects(route, row_of(route) or {})) > 1]


@pytest.mark.parametrize("route", NAMING, ids=str)
def test_what_the_other_county_has_answers_like_what_does_not_exist(
    cast: Cast, route: Route
) -> None:
    row = row_of(route) or {}
    nothing = {name: absent_like(value) for name, value in cast.here.ids.items()}
    for mine, theirs in ((everyone.FAR, cast.here), (everyone.NEAR, cast.there)):
        nothing |= {"village": theirs.village, "county": theirs.village[:6]}
        for name in mine:
            hidden = call(cast[name], route, row, theirs.ids)
            absent = call(cast[name], route, row, nothing)
            told = (hidden.status_code, plain(hidden, theirs.ids))
            assert told == (absent.status_code, plain(absent, nothing)), name


def absent_like(value: Any) -> Any:
    """An id of the same kind that nothing has."""
    if isinstance(value, int):
        return 2**40
    is_code = isinstance(value, str) and value.isdigit()
    return value if is_code else ids.uuid7(everyone.NOW)


def plain(answer: Any, things: dict[str, Any]) -> str:
    """The body without the ids that the caller herself put into the address, and without tokens."""
    text: str = answer.content.decode()
    for value in things.values():
        if isinstance(value, UUID | str):
            text = text.replace(str(value), "…")
    return re.sub(r'(csrf\w*" value=|nonce=)"[^"]+"', "", text)


LISTS = [route for route in ROUTES if route.method == "GET" and not route.parameters]


def bodies(cast: Cast, names: list[str]) -> Iterator[tuple[str, str]]:
    for route in LISTS:
        for name in names:
            answer = call(cast[name], route, row_of(route) or {}, {})
            yield f"{route} for {name}", plain(answer, {})


@pytest.mark.parametrize(("names", "other"), [("FAR", "here"), ("NEAR", "there")])
def test_no_list_shows_a_name_or_an_id_of_the_other_county(
    cast: Cast, names: str, other: str
) -> None:
    county: County = getattr(cast, other)
    shown = [
        (where, mark)
        for where, body in bodies(cast, getattr(everyone, names))
        for mark in county.marks
        if mark in body
    ]
    assert shown == []


def test_nothing_that_happens_in_one_county_changes_a_list_or_a_count_of_the_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A page says how many minutes are left, and the machine may be slow.
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    before = dict(bodies(cast, everyone.FAR))
    mine = dict(bodies(cast, ["officer"]))
    child, _ = everyone.add_child(cast.here, "吴小梅")
    everyone.add_escalation(cast.here, child)
    after = dict(bodies(cast, everyone.FAR))
    assert {where for where in before if before[where] != after[where]} == set()
    # It does change what the county itself sees, so the comparison could fail.
    assert mine != dict(bodies(cast, ["officer"]))


def test_a_route_without_a_row_and_a_wrong_row_fail_and_print_the_right_one(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    route = Route("/api/v1/audit/", "GET")
    for row in (None, {"here": {200: "auditor officer"}}):
        monkeypatch.setattr(f"{__name__}.row_of", lambda _, row=row: row)
        with pytest.raises(
            pytest.fail.Exception, match=r"GET /api/v1/audit/:\n  here: {200: auditor}"
        ):
            test_every_route_lets_in_whom_the_table_names(cast, route)
