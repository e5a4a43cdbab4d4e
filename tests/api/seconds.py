"""What two people decide, carried out for tests that are about something else."""

import datetime as dt
from uuid import UUID

from backend.accounts import services as accounts
from backend.erasure import services as erasure


def erase(child: UUID, *, by: UUID, second: UUID, now: dt.datetime) -> UUID:
    """Asked, confirmed, and seven days later carried out: the request's id."""
    asked = erasure.erasure_ask(child=child, reason="监护人依法申请删除", actor=by, now=now)
    accounts.confirmation_confirm(confirmation=asked.id, actor=second, now=now)
    assert accounts.confirmations_carry_out(now=now + erasure.WAITS) == 1
    return asked.id
