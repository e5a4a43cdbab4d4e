"""All routes × the whole cast, compared with `scope_table.yaml`; and the other county sees nothing.

A route without a row fails and prints the row it would need. Look at each status before you paste
it: the table says what is meant, not what happens.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from backend.common import clock
from tests import cast as everyone
from tests.cast import Cast, County

from .routes import Route
from .scope import (
    ROUTES,
    TABLE,
    Statuses,
    absent,
    call,
    expected,
    plain,
    row_of,
    sealed,
    status,
    subjects,
    table,
)

pytestmark = pytest.mark.django_db


def asked(cast: Cast, route: Route, row: dict[str, Any], county: County) -> Statuses:
    return {
        name: status(call(member, route, row, county.ids)) for name, member in cast.members.items()
    }


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
        seen["sealed"] = asked(cast, route, row, sealed(cast.here))
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
    for mine, theirs in ((everyone.FAR, cast.here), (everyone.NEAR, cast.there)):
        nothing = absent(cast.here, theirs)
        for name in mine:
            hidden = call(cast[name], route, row, theirs.ids)
            unknown = call(cast[name], route, row, nothing)
            told = (hidden.status_code, plain(hidden, theirs.ids))
            assert told == (unknown.status_code, plain(unknown, nothing)), name


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
