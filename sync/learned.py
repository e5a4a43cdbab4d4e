"""Tries again what came in a kind that this server did not know, once it does: by itself, after an upgrade.

The line is whole and says its kind. Its column holds the keyed hash of it (`names`), or the kind in clear
where older code wrote it, and is found by what this server knows by now.
"""

import datetime as dt
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from . import due, names, review
from .entries import Draft
from .ports import ports
from .protocol import ids
from .push import submit
from .registry import registry

SERVER = UUID(int=0)
_CODE = "kind.unknown"
_FOUND = """
SELECT op, file, shard, decision FROM sync_operation
WHERE outcome = 'quarantined' AND code = %(code)s AND kind = ANY(%(kinds)s)
ORDER BY ordinal LIMIT %(limit)s
"""
# On an erased file nothing is tried again; a stranger to it must hear what she would hear of any other.
_ERASED = """
UPDATE sync_operation o SET kind = n.name, news = CASE
    WHEN o.device IS NOT NULL AND 'outside' = ANY(o.flags)
        AND ('forced' = ANY(o.flags) OR NOT 'apart' = ANY(o.flags)) THEN 0 ELSE o.news END
FROM unnest(%(stored)s::text[], %(names)s::text[]) AS n(stored, name)
WHERE o.kind = n.stored AND o.outcome = 'quarantined' AND o.code = 'file.erased'
"""
_RECOVERED = """
UPDATE sync_recovered r SET type = n.name
FROM unnest(%(stored)s::text[], %(names)s::text[]) AS n(stored, name) WHERE r.type = n.stored
"""


class _Found(NamedTuple):
    op: UUID
    file: UUID
    shard: str
    decision: int | None


def try_again(*, now: dt.datetime, limit: int = 200) -> int:
    """Replays, as a decision of the server's, what it knows the kind of by now; returns how many."""
    hidden = names.hidden(registry.by_kind)
    given: dict[str, Any] = {"code": _CODE, "kinds": [*hidden, *registry.by_kind], "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_FOUND, given)
        found = [_Found(*row) for row in cursor.fetchall()]
        cursor.execute(_ERASED, _pairs(hidden))
        cursor.execute(_RECOVERED, _pairs(names.hidden(registry.types)))
    submit([_draft(one, now) for one in _open(found, now)], now=now)
    return len(found)


def _pairs(hidden: dict[str, str]) -> dict[str, Any]:
    return {"stored": list(hidden), "names": list(hidden.values())}


def _open(found: Sequence[_Found], now: dt.datetime) -> list[_Found]:
    """Those whose file was not erased meanwhile."""
    keys = ports().keys({one.file for one in found})
    if lost := [one.op for one in found if one.file not in keys]:
        due.erased(lost, now=now)
    return [one for one in found if one.file in keys]


def _draft(one: _Found, now: dt.datetime) -> Draft:
    """Whoever runs twice decides once; what is unknown again and known again is tried again."""
    return Draft(
        op=ids.derived(one.op, review.REPLAY, str(one.decision)), person=SERVER,
        kind=review.REPLAY, target=one.op, file=one.file,
        data={"shard": one.shard, "was": _CODE}, at=now,
    )  # fmt: skip
