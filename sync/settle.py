"""Writes down what was decided about operations, beside them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.db import connection

from . import due, names
from .entries import Entry
from .protocol import messages

# Set by the transaction that decides; a device is told of a change after its first receipt.
_SETTLE = """
UPDATE sync_operation o SET
    kind = d.kind, outcome = d.outcome, flags = d.flags, code = d.code, fields = d.fields, problems = d.problems,
    shard = CASE WHEN d.shard = '' THEN o.shard ELSE d.shard END,
    news = CASE WHEN o.device IS NOT NULL AND o.outcome <> 'received'
        AND (o.outcome, o.code) IS DISTINCT FROM (d.outcome, d.code) THEN 0 ELSE o.news END,
    attempts = CASE WHEN d.code = 'server.retry' THEN o.attempts + 1 ELSE o.attempts END,
    retry_at = CASE WHEN d.code = 'server.retry'
        THEN %(now)s + least(power(2, least(o.attempts, 20)) * %(first)s, %(longest)s) END,
    error = %(error)s, decided_at = %(now)s, decision = d.decision
FROM (
    -- Numbered before the join, whose order is the planner's: records are refolded in this order.
    SELECT s.*, nextval('sync_decision') AS decision
    FROM jsonb_to_recordset(%(settled)s::jsonb) AS s(
        op uuid, kind text, outcome text, flags text[], code text, fields text[], problems jsonb, shard text)
) d WHERE o.op = d.op
"""


def settle(entries: Sequence[Entry], now: dt.datetime, *, error: str = "") -> None:
    """One statement; whatever has no outcome by now is applied."""
    for entry in entries:
        if entry.outcome is None:
            entry.outcome = "applied"
        # A field's name may be a word of whoever wrote the operation.
        entry.fields = [names.place(name) for name in entry.fields]
        entry.problems = [
            {name: names.place(said) if name == "field" else said for name, said in problem.items()}
            for problem in entry.problems
        ]
    if not entries:
        return
    settled = [
        {
            "op": str(entry.op), "kind": names.kind_column(entry.kind), "outcome": entry.outcome,
            "flags": sorted(set(entry.flags)),
            "code": entry.code, "fields": entry.fields, "problems": entry.problems,
            "shard": entry.shard,
        }
        for entry in entries
    ]  # fmt: skip
    given: dict[str, Any] = {
        "settled": messages.write(settled).decode(), "now": now, "error": error,
        "first": due.FIRST_RETRY, "longest": due.LONGEST_RETRY,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, given)
