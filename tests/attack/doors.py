"""Every route, as everybody, with real ids and real bodies: who is refused sees nothing and changes nothing.

What is meant stands in `tests/api/scope_table.yaml`. Here it is tried from outside: each call that the table
refuses has to be refused alike whether the thing is another county's, sealed, or does not exist; its
answer holds no mark of what its caller must not know; and the tables are afterwards what they were before.
Then everybody does what she may, and still no answer holds a foreign mark, is a fault, or may be kept.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from tests import cast as everyone
from tests.api.answers import wrong
from tests.api.routes import Route
from tests.api.scope import (
    ROUTES,
    Statuses,
    absent,
    asked_for,
    expected,
    plain,
    row_of,
    sealed,
    status,
    subjects,
)
from tests.cast import Cast, County, Member

from . import rows
from .findings import Row

REFUSED = (401, 403, 404)
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
# What ends log-ins, phones or people is done last, or nobody could go on.
LAST = ("log-ins", "logout", "deactivate", "password", "revoke", "roles", "confirm", "erase")
# Whoever calls the log-out is logged out, whatever the answer.
ENDS = {"POST /logout/", "POST /api/v1/auth/logout"}
TOGETHER = 3
Send = Callable[[Member, str, str, Any, Any], Any]


@dataclass
class Doors:
    """`send` calls as a member: a method, a path, a body and headers. `over` says that time is up."""

    cast: Cast
    send: Send
    # People beside the cast, each with the member of the cast who is let in as she is.
    others: dict[str, tuple[Member, str]] = field(default_factory=dict)
    over: Callable[[], bool] = lambda: False
    together: int = 1
    # Whether a worker has done what the cast had ordered when all began.
    worked: bool = False

    def refused(self, routes: Sequence[Route] = ROUTES, members: Collection[str] = ()) -> Row:
        """Everything that the table refuses; the tables before and after every few routes."""
        found = Row("doors: refused")
        done = 0
        for few in _by(20, [route for route in routes if str(route) not in ENDS]):
            if self.over():
                break
            before = rows.hashes()
            for row in self._each(few, lambda route: self._refusals(route, members)):
                found.tried += row.tried
                found.hits += row.hits
            written = rows.changed(before, rows.hashes())
            if written:
                where = ", ".join(str(route) for route in few if route.method != "GET")
                found.hits.append(f"a refused call wrote to {', '.join(written)}: one of {where}")
            done += len(few)
        found.where = f"{done} of {len(routes)} routes; {self._who(members)}"
        return found

    def reads(self) -> Row:
        return self._allowed("doors: reads", [route for route in ROUTES if route.method == "GET"])

    def writes(self) -> Row:
        """What she may, done with what is hers: nothing of it is taken back."""
        late = [route for route in ROUTES if any(word in route.path for word in LAST)]
        early = [r for r in ROUTES if r.method != "GET" and r not in late]
        return self._allowed("doors: writes", [*early, *(r for r in late if r.method != "GET")])

    def methods(self, names: Sequence[str] = ("anonymous", "officer", "far_officer")) -> Row:
        """Methods that no route declares: none may do anything."""
        found, known = Row("doors: other methods"), {(r.path, r.method) for r in ROUTES}
        callers = [self.cast[name] for name in names]
        before = rows.hashes()
        for path in sorted({route.path for route in ROUTES}):
            for method in METHODS:
                if (path, method) in known or self.over():
                    continue
                route = Route(path, method)
                row = next((row for r in ROUTES if r.path == path and (row := row_of(r))), {})
                for member in callers:
                    said = f"{member.name} {route}"
                    row |= {"body": {}}
                    answer = self._judged(member, route, row, self.cast.here, said, found)
                    if answer.status_code < 400:
                        found.hits.append(f"{said}: {answer.status_code}")
        if written := rows.changed(before, rows.hashes()):
            found.hits.append(f"a method that nobody declared wrote to {', '.join(written)}")
        found.where = f"{len({r.path for r in ROUTES})} addresses"
        return found

    def _refusals(self, route: Route, members: Collection[str]) -> Row:
        found, row = Row(""), row_of(route) or {}
        for column, county in self._columns(route, row):
            wanted = self._wanted(route, row, column)
            nothing = absent(self.cast.here, county)
            for member, name in self._callers(members):
                if wanted[name] not in REFUSED:
                    continue
                other = member.name in self.others
                if other and not self._is_foreign(name, column):
                    continue
                said = f"{member.name} {route} ({column})"
                answer = self._judged(member, route, row, county, said, found)
                got = status(answer)
                if got != wanted[name] and not (other and got in REFUSED):
                    found.hits.append(f"{said}: {got}, the table says {wanted[name]}")
                if got == 404 and len(subjects(route, row)) > 1:
                    unknown = self._ask(member, route, row, nothing)
                    found.tried += 1
                    told = (answer.status_code, plain(answer, county.ids))
                    if told != (unknown.status_code, plain(unknown, nothing)):
                        found.hits.append(f"{said}: another answer than for what does not exist")
        return found

    def _allowed(self, name: str, routes: Sequence[Route]) -> Row:
        found, done = Row(name), 0
        for few in _by(20, routes):
            if self.over():
                break
            for row in self._each(few, self._permitted):
                found.tried += row.tried
                found.hits += row.hits
            done += len(few)
        found.where = f"{done} of {len(routes)} routes; {self._who(())}"
        return found

    def _permitted(self, route: Route) -> Row:
        found, row = Row(""), row_of(route) or {}
        for column, county in self._columns(route, row):
            wanted = self._wanted(route, row, column)
            for member, name in self._callers(()):
                if wanted[name] not in REFUSED:
                    said = f"{member.name} {route} ({column})"
                    self._judged(member, route, row, county, said, found)
        return found

    def _judged(
        self, member: Member, route: Route, row: dict[str, Any], county: County, said: str,
        found: Row,
    ) -> Any:  # fmt: skip
        """The answer, after what is wrong with it whatever was asked."""
        path, body = asked_for(route, row, county.ids)
        answer = self._ask(member, route, row, county.ids)
        found.tried += 1
        if problem := wrong(route, path, body, answer):
            found.hits.append(f"{said}: {problem}")
        shown = marks_in(answer, self.hidden(member.name), f"{path} {body}")
        found.hits += [f"{said}: shows {mark}" for mark in shown]
        return answer

    def _ask(self, member: Member, route: Route, row: dict[str, Any], things: Any) -> Any:
        path, body = asked_for(route, row, things)
        return self.send(member, route.method, path, body, row.get("headers"))

    def hidden(self, name: str) -> list[str]:
        """What no answer to somebody may hold."""
        here, there = self.cast.here, self.cast.there
        name = self.others[name][1] if name in self.others else name
        if name in everyone.FAR:
            return here.marks
        closed = [str(here.ids[one]) for one in here.ids if one.startswith("sealed")]
        if name in ("anonymous", "revoked_phone"):
            return here.marks + there.marks
        if name == "village_b":
            closed += [str(here.ids["child"]), *here.marks[:1]]
        # An auditor reads what was done about which id, sealed or not, and no word of it.
        return there.marks + ([] if name in ("lead", "auditor") else closed)

    def _wanted(self, route: Route, row: dict[str, Any], column: str) -> Statuses:
        worked = row.get("worked") if self.worked and column == "here" else None
        return expected(route, (row.get(column) or {}) | (worked or {}))

    def _columns(self, route: Route, row: dict[str, Any]) -> Iterator[tuple[str, County]]:
        for name in subjects(route, row):
            yield name, getattr(self.cast, name)
        if "sealed" in row:
            yield "sealed", sealed(self.cast.here)

    def _callers(self, members: Collection[str]) -> Iterator[tuple[Member, str]]:
        """With the name by which the table knows each."""
        for name, member in self.cast.members.items():
            if not members or name in members:
                yield member, name
        if not members:
            yield from self.others.values()

    @staticmethod
    def _is_foreign(name: str, column: str) -> bool:
        """Of the others only that is known: whose county it is."""
        return (name in everyone.FAR) != (column == "there")

    def _each(self, routes: Sequence[Route], do: Callable[[Route], Row]) -> Iterable[Row]:
        if self.together == 1:
            return [do(route) for route in routes]
        with ThreadPoolExecutor(self.together) as pool:
            return list(pool.map(do, routes))

    def _who(self, members: Collection[str]) -> str:
        return f"{len(list(self._callers(members)))} callers"


def marks_in(answer: Any, marks: Iterable[str], asked: str) -> list[str]:
    """Those that the caller has not put into what she asked herself."""
    text = answer.content.decode("utf-8", "replace")
    return [
        mark
        for mark in marks
        if (mark in text or json.dumps(mark)[1:-1] in text) and mark not in asked
    ]


def _by(size: int, routes: Sequence[Route]) -> Iterator[Sequence[Route]]:
    for start in range(0, len(routes), size):
        yield routes[start : start + size]
