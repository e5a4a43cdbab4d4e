"""Sealing at rest: one data key per file, wrapped by the master key that is not in the database.

A ciphertext is `algorithm (1 byte) | nonce (12 bytes) | AES-256-GCM output`. The algorithm's id
stands on each ciphertext so that SM4-GCM can follow without touching what is stored.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection

AES_256_GCM = 1
_NONCE = 12


class Erased(LookupError):
    """The owner's key was destroyed; what it sealed can never be read again."""


class Cipher:
    """Seals and opens with one key. `about` is bound to the ciphertext but not stored in it."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @cached_property
    def _aead(self) -> AESGCM:
        return AESGCM(self._key)

    def seal(self, plain: bytes, about: bytes = b"") -> bytes:
        nonce = os.urandom(_NONCE)
        return bytes((AES_256_GCM,)) + nonce + self._aead.encrypt(nonce, plain, about)

    def open(self, sealed: bytes | memoryview, about: bytes = b"") -> bytes:
        """Raises `ValueError` for an unknown algorithm and `InvalidTag` for changed bytes."""
        sealed = bytes(sealed)
        if sealed[0] != AES_256_GCM:
            raise ValueError(f"unknown algorithm {sealed[0]} on a ciphertext")
        return self._aead.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], about)

    def seal_json(self, value: Any) -> bytes:
        return self.seal(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

    def open_json(self, sealed: bytes | memoryview) -> Any:
        return json.loads(self.open(sealed))


@lru_cache(maxsize=2)
def _master(key: bytes) -> Cipher:
    return Cipher(key)


def master() -> Cipher:
    """Wraps keys. What it has wrapped is opened by `open_wrapped`."""
    return _master(settings.HUXING_MASTER_KEY)


def open_wrapped(wrapped: bytes | memoryview, about: bytes = b"") -> bytes:
    """A wrapped key, by the master key or, while keys are being re-wrapped, by the one before it.

    Raises `InvalidTag` when neither has wrapped it.
    """
    try:
        return master().open(wrapped, about)
    except InvalidTag:
        if settings.HUXING_MASTER_KEY_PREVIOUS is None:
            raise
        return _master(settings.HUXING_MASTER_KEY_PREVIOUS).open(wrapped, about)


def keys(owners: Iterable[UUID], *, create: bool = False) -> dict[UUID, Cipher]:
    """The cipher of each owner, in at most two statements however many owners there are.

    An owner without a key is left out, or given one with `create`. An erased owner is always left
    out: the caller finds it missing and treats it as erased.
    """
    wanted = sorted(set(owners))
    if not wanted:
        return {}
    found = _unwrapped(wanted)
    missing = [owner for owner in wanted if owner not in found]
    if create and missing:
        wrapped = [master().seal(os.urandom(32), owner.bytes) for owner in missing]
        with connection.cursor() as cursor:
            # DO UPDATE rather than DO NOTHING: a key that another transaction has just committed
            # comes back too, and an erased one (wrapped is null) comes back as it is.
            cursor.execute(
                "INSERT INTO common_datakey (owner, wrapped)"
                " SELECT * FROM unnest(%s::uuid[], %s::bytea[])"
                " ON CONFLICT (owner) DO UPDATE SET owner = excluded.owner"
                " RETURNING owner, wrapped",
                [missing, wrapped],
            )
            found |= _ciphers(cursor.fetchall())
    return found


def key(owner: UUID, *, create: bool = False) -> Cipher:
    """The cipher of one owner. Raises `Erased` when it has none."""
    found = keys([owner], create=create)
    if owner not in found:
        raise Erased(owner)
    return found[owner]


def _unwrapped(owners: Collection[UUID]) -> dict[UUID, Cipher]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT owner, wrapped FROM common_datakey WHERE owner = ANY(%s)", [list(owners)]
        )
        return _ciphers(cursor.fetchall())


def _ciphers(rows: Iterable[tuple[UUID, bytes | None]]) -> dict[UUID, Cipher]:
    return {
        owner: Cipher(open_wrapped(wrapped, owner.bytes))
        for owner, wrapped in rows
        if wrapped is not None
    }


def destroy(owners: Iterable[UUID], now: datetime) -> None:
    """Destroys the owners' keys. There is no way back; backups need the ledger to forget them too."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO common_datakey (owner, wrapped, erased_at)"
            " SELECT o, NULL, %s FROM unnest(%s::uuid[]) AS u(o)"
            " ON CONFLICT (owner) DO UPDATE SET wrapped = NULL,"
            " erased_at = coalesce(common_datakey.erased_at, excluded.erased_at)",
            [now, sorted(set(owners))],
        )


def index_token(domain: str, value: str) -> int:
    """A keyed hash to find a sealed value by, as a signed 64-bit number.

    `domain` keeps kinds of value apart ("id", "phone", "name.char", "name.syllable"), so that one
    column can hold them all. The value must come normalised.
    """
    return int.from_bytes(_keyed(domain, value).digest()[:8], "big", signed=True)


def keyed_hash(domain: str, value: str) -> str:
    """All 256 bits of the same hash, for what must not be guessed from a copy of the database."""
    return _keyed(domain, value).hexdigest()


def _keyed(domain: str, value: str) -> "hmac.HMAC":
    return hmac.new(settings.HUXING_INDEX_KEY, f"{domain}\x00{value}".encode(), hashlib.sha256)


def open_all(sealed: Mapping[UUID, bytes | None]) -> dict[UUID, Any]:
    """Opens one sealed JSON value per owner; owners that were erased are left out."""
    ciphers = keys(sealed)
    return {
        owner: ciphers[owner].open_json(value)
        for owner, value in sealed.items()
        if value is not None and owner in ciphers
    }
