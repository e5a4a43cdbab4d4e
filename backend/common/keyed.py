"""Ids that stand in the database in a form that nobody without the index key can follow.

A column of this kind holds the id under a keyed permutation (one block of AES) instead of the id. Equal
ids of one `domain` are equal in the database too, so indexes, `=`, `IN`, unique constraints and joins
within the domain work; between domains, and to a column in clear, nothing joins. Python only ever sees
the id itself. Being a permutation, it needs no second column for the way back, and holds no secret of a
row: erasing a file destroys that file's key and leaves its id, as everywhere.
"""

import hashlib
import hmac
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.db import models
from django.db.models.lookups import Exact, In
from django.utils.datastructures import OrderedSet

# What the office works on: findings, gaps, escalations, cases and referrals, which name one another.
MATTER = "matter"

# The two bits of a UUID that name its layout: RFC 9562 says 10, and 11 belongs to nobody's ids of ours.
_LAYOUT = 0b11 << 62
_RFC, _KEYED = 0b10 << 62, 0b11 << 62


class InClear(UUID):
    """An id as it stands in a column that is not keyed yet; equal to the id, and written back as it is."""

    def __init__(self, value: UUID) -> None:
        super().__init__(int=value.int)


def conceal(domain: str, value: UUID) -> UUID:
    """The id as a column of the domain holds it. It is recognisable, so that concealing twice is once.

    An id of an older layout than RFC 9562's is left as it is: no client makes one.
    """
    if value.int & _LAYOUT != _RFC:
        return value
    return UUID(int=_walk(_own(domain).there, value.int) & ~_LAYOUT | _KEYED)


def reveal(domain: str, stored: UUID) -> UUID:
    """The id that a column of the domain holds; `InClear` where it was never concealed."""
    if stored.int & _LAYOUT != _KEYED:
        return InClear(stored)
    return UUID(int=_walk(_own(domain).back, stored.int & ~_LAYOUT | _RFC))


def _walk(step: Callable[[bytes], bytes], found: int) -> int:
    """Cycle-walking: a permutation of all blocks, walked until it meets an id's layout, is one of ids."""
    while True:
        found = int.from_bytes(step(found.to_bytes(16, "big")), "big")
        if found & _LAYOUT == _RFC:
            return found


class _Permutation:
    """One block at a time, each under a key of its domain: the code book that ECB is, is what is wanted."""

    def __init__(self, index_key: bytes, domain: str) -> None:
        own = hmac.new(index_key, f"keyed id\x00{domain}".encode(), hashlib.sha256).digest()
        cipher = Cipher(algorithms.AES(own), modes.ECB())
        self.there: Callable[[bytes], bytes] = cipher.encryptor().update
        self.back: Callable[[bytes], bytes] = cipher.decryptor().update


# A cipher's context is one thread's at a time.
_threads = threading.local()


def _own(domain: str) -> _Permutation:
    known: dict[tuple[bytes, str], _Permutation] = _threads.__dict__.setdefault("known", {})
    key = settings.HUXING_INDEX_KEY, domain
    if key not in known:
        known[key] = _Permutation(*key)
    return known[key]


if TYPE_CHECKING:
    _Base = models.UUIDField[Any, Any]
else:
    _Base = models.UUIDField


class KeyedUUIDField(_Base):
    """A UUID that the database holds under the key of `domain`; everybody else has the id."""

    def __init__(self, *args: Any, domain: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.domain = domain

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "domain": self.domain}

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, InClear) else super().to_python(value)

    def get_prep_value(self, value: Any) -> Any:
        found = super().get_prep_value(value)
        if found is None or isinstance(found, InClear):
            return found
        return InClear(found) if settings.HUXING_IDS_IN_CLEAR else conceal(self.domain, found)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        found = value if prepared else self.get_prep_value(value)
        return UUID(int=found.int) if isinstance(found, InClear) else found

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return None if value is None else reveal(self.domain, value)


@KeyedUUIDField.register_lookup
class KeyedIn(In):
    """Finds rows too that still stand in clear, because `manage.py conceal` has not come to them."""

    def batch_process_rhs(self, compiler: Any, connection: Any, rhs: Any = None) -> Any:
        wanted, domain = self.rhs if rhs is None else rhs, self.lhs.output_field.domain
        ids = [reveal(domain, one) for one in wanted]
        both = [form for one in ids for form in (conceal(domain, one), InClear(one))]
        return super().batch_process_rhs(compiler, connection, OrderedSet(both))


@KeyedUUIDField.register_lookup
class KeyedExact(Exact):
    """As `KeyedIn`."""

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        if isinstance(self.rhs, UUID):
            return KeyedIn(self.lhs, [self.rhs]).as_sql(compiler, connection)
        return super().as_sql(compiler, connection)
