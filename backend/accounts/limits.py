"""Who failed waits: longer each time, and never somebody else in her place.

A failure counts against the account *at one place*, so that whoever knows only a user name slows
nobody but himself. Accounts on which many places fail make each new place wait sooner; addresses from
which many accounts fail wait too. A browser with which the owner has logged in before is a place of
its own, to which neither applies. See decisions/0002-slowed-not-locked.md.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from backend.common import encrypted

from . import client
from .errors import CodeNotUsable, CodeWrong, LoginFailed, TooManyTries
from .login_models import Tries

# Failures of longer ago are forgotten.
FORGET = timedelta(hours=1)
FAILED = (LoginFailed, CodeWrong, CodeNotUsable)


@dataclass(frozen=True, slots=True)
class Rule:
    """`free` failures cost nothing; then one waits `first` seconds, and twice as long each time."""

    free: int
    first: int
    most: int

    def wait(self, failures: int) -> timedelta:
        if failures < self.free:
            return timedelta()
        return timedelta(seconds=min(self.most, self.first * 2 ** min(failures - self.free, 16)))


PLACE = Rule(free=5, first=15, most=900)
# What counts at a place of an account on which so many failed elsewhere.
HOT, HOT_PLACE = 20, Rule(free=1, first=60, most=900)
# A county's office sits behind one address.
ADDRESS = Rule(free=100, first=15, most=300)
# Who tries codes knows the password already: strange browsers share these.
CODES = Rule(free=20, first=60, most=900)


@dataclass(frozen=True, slots=True)
class Place:
    """From where somebody tries: a browser that the account's owner uses, or an address."""

    address: str
    browser: str = ""


@dataclass(frozen=True, slots=True)
class _Count:
    """One of the things that are counted; `at_heat` is the rule when another count is hot."""

    key: str
    rule: Rule | None
    at_heat: Rule | None = None


def _key(what: str, *parts: str) -> str:
    return encrypted.keyed_hash(f"login.{what}", "\x00".join(parts))


def _counts(what: str, account: str, place: Place) -> list[_Count]:
    if place.browser:
        return [_Count(_key(what, "browser", account, place.browser), PLACE)]
    near = client.network(place.address, digits=64)
    wide = client.network(place.address, digits=48)
    counts = [_Count(_key(what, "address", wide), ADDRESS)]
    if account:
        shared = CODES if what == "code" else None
        counts += [
            _Count(_key(what, "account", account), shared),
            _Count(_key(what, "place", account, near), PLACE, at_heat=HOT_PLACE),
        ]
    return counts


@contextmanager
def tried(what: str, account: str, place: Place, *, now: datetime) -> Iterator[None]:
    """Around one try of `what` ("password", "code", "enrolment"); "" as account is nobody's.

    The try counts as failed before it begins, so that many at once are as slow as one after another;
    only the errors in FAILED leave it so. Outside a transaction, which would take the count
    back. Raises `TooManyTries`.
    """
    counts = _counts(what, account, place)
    wait = _claim(counts, now)
    if wait > timedelta():
        seconds = math.ceil(wait.total_seconds())
        raise TooManyTries(seconds=seconds, retry_after=seconds)
    try:
        yield
    except FAILED:
        raise
    except BaseException:
        _release(counts)
        raise
    else:
        _release(counts)
        if account:
            Tries.objects.filter(key=counts[-1].key).delete()


def failures(what: str, account: str) -> int:
    """How often strange browsers failed on an account lately."""
    row = Tries.objects.filter(key=_key(what, "account", account)).first()
    return row.failures if row else 0


def _claim(counts: Sequence[_Count], now: datetime) -> timedelta:
    """How long to wait; when that is nothing, the try is counted."""
    with transaction.atomic():
        fresh = [Tries(key=count.key, failures=0, last_at=now) for count in counts]
        Tries.objects.bulk_create(sorted(fresh, key=lambda row: row.key), ignore_conflicts=True)
        held = Tries.objects.select_for_update().filter(key__in=[count.key for count in counts])
        rows = {row.key: row for row in held.order_by("key")}
        for row in rows.values():
            # Of a clock that was ahead and came back: it holds as long as its rule says, from now on.
            row.last_at = min(row.last_at, now)
            if now - row.last_at > FORGET:
                row.failures = 0
        wait = _wait(counts, rows, now)
        if wait <= timedelta():
            for row in rows.values():
                row.failures, row.last_at = row.failures + 1, now
        Tries.objects.bulk_update(rows.values(), ["failures", "last_at"])
    return wait


def _wait(counts: Sequence[_Count], rows: dict[str, Tries], now: datetime) -> timedelta:
    hot = any(rows[count.key].failures >= HOT for count in counts if count.rule is not ADDRESS)
    found = timedelta()
    for count in counts:
        row = rows[count.key]
        rule = count.at_heat if hot and count.at_heat else count.rule
        if rule and row.failures:
            found = max(found, row.last_at + rule.wait(row.failures) - now)
    return found


def _release(counts: Sequence[_Count]) -> None:
    """The try was none that failed."""
    keys = [count.key for count in counts]
    with transaction.atomic():
        held = Tries.objects.select_for_update().filter(key__in=keys, failures__gt=0)
        locked = list(held.order_by("key").values_list("key", flat=True))
        Tries.objects.filter(key__in=locked).update(failures=F("failures") - 1)
