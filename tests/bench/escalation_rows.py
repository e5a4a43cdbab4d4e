"""Stored escalations by the hundred thousand, and somebody who works on those of one county."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

from django.db import connection
from django.test import Client

from backend.accounts import services
from backend.accounts.models import AccessToken, Person
from backend.common.keyed import MATTER, reveal
from backend.concerns.models import Escalation, EscalationClock
from sync.entries import Draft
from sync.protocol import ids
from sync.push import submit

COUNTY = 522600
NAMED = 50
_DIVISION = "(%(county)s + n / %(one_in)s %% %(counties)s)::text || lpad((100 + n %% 15)::text, 3, '0') || '201'"


def _keyed(letter: str) -> str:
    """An id in the form that the columns hold; what id it is follows from the key."""
    return f"overlay(md5('{letter}' || n) placing 'c' from 17)::uuid"


_OPEN = "n %% %(one_in)s = 0"
_ESCALATIONS = f"""
INSERT INTO concerns_escalation (id, file, shard, feed, revision, status, severity, deadline, "to", sealed,
    episode, findings, division, level, level_since, waits_since, climbs, skips, kept_out,
    deadline_fallback, round_deadline, uncalled_since, resume, opened_at, observed_at, received_at, resolved_at, outcome)
SELECT {_keyed("e")}, {_keyed("f")}, (%(county)s + n / %(one_in)s %% %(counties)s)::text, n, 1,
    CASE WHEN {_OPEN} THEN 'open' ELSE 'resolved' END,
    (ARRAY['low', 'medium', 'high', 'critical'])[1 + n / %(one_in)s / %(counties)s %% 4],
    %(now)s + make_interval(mins => (n %% 20000)::int + 600), '{{township}}', n %% 1000 = 0, 1,
    ARRAY[{_keyed("r")}], {_DIVISION}, 'township', %(now)s, %(now)s, 0, '', '{{}}', false,
    %(now)s + make_interval(mins => (n %% 20000)::int + 600), '{{}}', '',
    %(now)s, %(now)s, %(now)s, CASE WHEN {_OPEN} THEN NULL ELSE %(now)s END, ''
FROM generate_series(1, %(rows)s) n
"""
_FILES = """
INSERT INTO sync_file (id, shard, digest, stub) SELECT f, s, 0, false
FROM unnest(%(files)s::uuid[], %(shards)s::text[]) AS u(f, s)
"""
_OF_FILES = "SELECT file, shard FROM concerns_escalation WHERE status = 'open'"
_CLOCKS = """
INSERT INTO concerns_escalationclock (escalation_id, next_at, since, said)
SELECT id, deadline, waits_since, '{}' FROM concerns_escalation WHERE status = 'open'
"""
_FINDINGS = f"""
INSERT INTO concerns_finding (id, file, shard, feed, op, rule, rule_version, branch, severity, source,
    sealed, by_hand, observed, received, basis, cause)
SELECT {_keyed("r")}, {_keyed("f")}, (%(county)s + n / %(one_in)s %% %(counties)s)::text, n,
    {_keyed("o")}, 'R14', 1, 0, 'medium', 'server', false, false, %(now)s, %(now)s, '{{}}',
    {_keyed("c")}
FROM generate_series(1, %(rows)s) n WHERE {_OPEN}
"""
_PAGE = """
SELECT * FROM concerns_escalation WHERE division LIKE %(county)s AND NOT sealed
    AND status NOT IN ('resolved', 'unfounded') ORDER BY deadline, id LIMIT %(size)s
"""
_CLIMB = """
UPDATE concerns_escalation SET climbs = climbs WHERE id IN (
    SELECT escalation_id FROM concerns_escalationclock ORDER BY next_at LIMIT %(size)s)
"""


@dataclass
class Made:
    """An officer of one county at her pages and her API."""

    client: Client
    headers: dict[str, str]
    # How many pages of the queue there are to turn.
    pages: int

    def page(self) -> None:
        self._get("/office/queue/")

    def api(self, **query: Any) -> None:
        self._get("/api/v1/escalations/", query, self.headers)

    def last_cursor(self) -> dict[str, str]:
        """The query of a page at least nine pages in, or of the last one there is."""
        query: dict[str, str] = {}
        for _ in range(min(9, self.pages - 1)):
            answer = self.client.get("/api/v1/escalations/", query, headers=self.headers).json()
            if answer["next"]:
                query = dict(parse_qsl(urlsplit(answer["next"]).query))
        return query

    def counts(self) -> None:
        self._get("/api/v1/escalations/counts", {}, self.headers)

    def _get(self, path: str, query: Any = None, headers: Any = None) -> None:
        answer = self.client.get(path, query or {}, headers=headers or {})
        assert answer.status_code == 200, answer.content

    def floor_page(self, size: int) -> None:
        self._sql(_PAGE, {"county": f"{COUNTY}%", "size": size})

    def floor_climb(self, size: int) -> None:
        self._sql(_CLIMB, {"size": size})

    def _sql(self, statement: str, given: dict[str, Any]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, given)
            if cursor.description:
                cursor.fetchall()

    def make_due(self, size: int, now: dt.datetime) -> None:
        """So many of them are past their deadline; the others are not."""
        rows = EscalationClock.objects.filter(next_at__gt=now, escalation__sealed=False)
        chosen = list(rows.order_by("next_at").values_list("escalation", flat=True)[:size])
        past = now - dt.timedelta(minutes=1)
        Escalation.objects.filter(id__in=chosen).update(deadline=past, severity="high")
        EscalationClock.objects.filter(escalation__in=chosen).update(next_at=past)


def fill(rows: int, *, counties: int, open_one_in: int, now: dt.datetime) -> Made:
    given = {
        "rows": rows,
        "counties": counties,
        "one_in": open_one_in,
        "county": COUNTY,
        "now": now,
    }
    with connection.cursor() as cursor:
        for statement in (_ESCALATIONS, _CLOCKS, _FINDINGS):
            cursor.execute(statement, given)
        cursor.execute(_OF_FILES)
        files, shards = zip(*cursor.fetchall(), strict=True)
        of_whom = [reveal(MATTER, file) for file in files]
        cursor.execute(_FILES, {"files": of_whom, "shards": list(shards)})
        for table in ("concerns_escalation", "concerns_escalationclock", "concerns_finding"):
            cursor.execute(f"ANALYZE {table}")
    _name(now)
    for number in range(counties):
        _person(f"bench-admin-{number}", "administrator", str(COUNTY + number), now)
        _person(f"bench-lead-{number}", "county_lead", str(COUNTY + number), now)
    officer = _person("bench-officer", "county_officer", str(COUNTY), now)
    client = Client()
    client.force_login(officer, backend="django.contrib.auth.backends.ModelBackend")
    token = AccessToken.objects.create(user=officer)[1]
    waiting = rows // open_one_in // counties
    return Made(client, {"authorization": f"Token {token}"}, max(1, waiting // NAMED - 1))


def _name(now: dt.datetime) -> None:
    """The children of the first page are there by name, sealed as they are."""
    waiting = Escalation.objects.filter(division__startswith=COUNTY, status="open", sealed=False)
    first = list(waiting.order_by("deadline", "id")[:NAMED])
    drafts = []
    for row in first:
        values = {
            "identity": {"name": "龙小燕", "sex": "female", "birth_date": "2018-03-07"},
            "residence": {"division": row.division, "address": "三组12号"},
        }  # fmt: skip
        written = {"set": {name: {"v": value, "saw": []} for name, value in values.items()}}
        drafts.append(
            Draft(
                op=ids.uuid7(now), person=UUID(int=0), kind="child.register", target=row.file,
                file=row.file, data=written, at=now,
            )
        )  # fmt: skip
    receipts = submit(drafts, now=now)
    assert all(receipt.outcome == "applied" for receipt in receipts), receipts[:1]


def _person(username: str, role: str, prefix: str, now: dt.datetime) -> Person:
    made = services.person_create(
        username=username, name="吴" + username, phone="13900000000", password=None,
        actor=None, now=now,
    )  # fmt: skip
    services.role_grant(
        person=made.id, role=role, prefixes=[prefix], starts_on=now.date(), actor=None, now=now
    )
    return made
