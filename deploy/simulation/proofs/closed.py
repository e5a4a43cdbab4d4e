"""Phones that the office has closed, wiped or revoked: they get nothing, show nothing, and have sent all."""

from typing import Any

from sync.client import Phone
from sync.client.errors import Closed

from ..ledger import Ledger
from ..verdict import Verdict

WHY = {"lock": "client.ordered", "wipe": "client.wiped", "revoked": "client.revoked"}


def judge_closed(
    number: int, state: str, *, why: str | None, cursors: tuple[Any, Any], records: int,
    unsent: int, verdict: Verdict,
) -> None:  # fmt: skip
    """`state` is what it has confirmed or was told, `why` what it says when somebody looks; `cursors` are how far it
    was when it was closed and how far it is.
    """
    if why != WHY[state]:
        verdict.out_of_scope.append(f"phone {number} is closed by {state} and says {why}")
    if state == "lock" and cursors[0] != cursors[1]:
        verdict.out_of_scope.append(f"phone {number} is locked and went on pulling")
    if state == "wipe" and records:
        verdict.out_of_scope.append(f"phone {number} is wiped and has {records} records")
    if unsent:
        verdict.lost.append(
            f"phone {number} was closed and has {unsent} operations that it cannot send"
        )


def inspect_closed(number: int, phone: Phone, ledger: Ledger, verdict: Verdict) -> None:
    why = None
    try:
        phone.records()
    except Closed as closed:
        why = closed.code
    cursor = phone.store.get("cursor")
    seen = ledger.orders.seen.get(number, cursor)
    state = "revoked" if number in ledger.revoked else ledger.orders.state(number)
    judge_closed(
        number, state, why=why, cursors=(seen, cursor),
        records=_count(phone, "record"), unsent=_count(phone, "log WHERE outcome IS NULL"),
        verdict=verdict,
    )  # fmt: skip


def _count(phone: Phone, what: str) -> int:
    ((count,),) = phone.store.db.execute(f"SELECT count(*) FROM {what}").fetchall()
    return int(count)
