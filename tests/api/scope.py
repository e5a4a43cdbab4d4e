"""The table of who is let in where (`scope_table.yaml`) as calls: an address, a body, and what is expected."""

import re
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from django.db import transaction

from sync.protocol import ids
from tests import cast as everyone
from tests.cast import County, Member

from .routes import Route, routes

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


def asked_for(route: Route, row: dict[str, Any], things: dict[str, Any]) -> tuple[str, Any]:
    """The address and what is sent there."""
    body = row["lines"].encode() if "lines" in row else filled(row.get("body"), things)
    return address(route, row, things), body


def call(member: Member, route: Route, row: dict[str, Any], things: dict[str, Any]) -> Any:
    """The response; what the call wrote is taken back."""
    path, body = asked_for(route, row, things)
    with transaction.atomic():
        answer = member.call(route.method, path, body, headers=row.get("headers"))
        transaction.set_rollback(True)
    return answer


def status(answer: Any) -> int:
    """401 for a page that sends the caller to the log-in."""
    to_login = answer.status_code == 302 and answer["Location"].startswith("/login/")
    return 401 if to_login else int(answer.status_code)


def sealed(county: County) -> County:
    """The county with what is sealed in the place of what is open."""
    ids = county.ids
    instead = {
        "escalation": ids["sealed"], "attachment": ids["sealed_attachment"],
        "delivery": ids["sealed_delivery"], "item": ids["sealed_item"], "case": ids["sealed_case"],
        "referral": ids["sealed_referral"], "dossier": ids["sealed_dossier"],
    }  # fmt: skip
    return County(county.supervisor, county.village, county.tag, ids | instead)


def absent(mine: County, theirs: County) -> dict[str, Any]:
    """Ids that nothing has, in the places of the other county."""
    nothing = {name: absent_like(value) for name, value in mine.ids.items()}
    return nothing | {"village": theirs.village, "county": theirs.village[:6]}


def absent_like(value: Any) -> Any:
    """An id of the same kind that nothing has."""
    if isinstance(value, int):
        return 2**40
    is_code = isinstance(value, str) and value.isdigit()
    return value if is_code else ids.uuid7(everyone.NOW)


def plain(answer: Any, things: dict[str, Any]) -> str:
    """The body without the ids that the caller herself put into the address, and without tokens."""
    text: str = answer.content.decode("utf-8", "replace")
    for value in things.values():
        if isinstance(value, UUID | str):
            text = text.replace(str(value), "…")
    return re.sub(r'(csrf\w*" value=|nonce=)"[^"]+"', "", text)
