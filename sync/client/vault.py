"""The key of everything this phone can read; each person's PIN opens it, and without it nothing does.

The key lies in the store in the clear while the phone is open, and wrapped under each PIN. Closing removes
the clear copy; destroying removes all. See decisions/0005.
"""

import hashlib
import os
import sqlite3
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .errors import Closed, NoPin, Unusable, WrongPin

SCHEMA = """
CREATE TABLE IF NOT EXISTS key (
    holder TEXT PRIMARY KEY,
    salt BLOB NOT NULL,
    wrapped BLOB NOT NULL,
    wrong INTEGER NOT NULL DEFAULT 0
);
"""
# The holder of the clear copy: nobody's id.
_OPEN = ""
_NONCE = 12
SHORTEST_PIN = 4
WRONG_PINS = 10


class Vault:
    """Seals and opens what the phone can read. Writing to its table is part of the caller's transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        db.executescript(SCHEMA)

    def begin(self) -> None:
        """Makes the key of a new store."""
        self._put(_OPEN, b"", os.urandom(32))

    @property
    def is_open(self) -> bool:
        return self._key() is not None

    def seal(self, plain: bytes, about: str) -> bytes:
        """Raises `Closed`. `about` is the id of what it is, and has to be said again to open it."""
        nonce = os.urandom(_NONCE)
        return nonce + self._aead().encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Raises `Closed`, and `InvalidTag` for bytes that were changed or swapped."""
        return self._aead().decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())

    def set_pin(self, holder: str, pin: str) -> None:
        """From now on this PIN opens what is open now. Raises `Closed` and `Unusable`."""
        if len(pin) < SHORTEST_PIN:
            raise Unusable(f"a PIN has at least {SHORTEST_PIN} characters")
        key = self._key()
        if key is None:
            raise Closed("client.locked")
        salt, nonce = os.urandom(16), os.urandom(_NONCE)
        wrapped = nonce + AESGCM(_stretched(pin, salt)).encrypt(nonce, key, holder.encode())
        self._put(holder, salt, wrapped)

    @property
    def has_pin(self) -> bool:
        return bool(self._db.execute("SELECT 1 FROM key WHERE holder <> ''").fetchone())

    def close(self) -> None:
        """Raises `NoPin` where nobody could open it again."""
        if not self.has_pin:
            raise NoPin
        self._db.execute("DELETE FROM key WHERE holder = ?", [_OPEN])
        _cipher.cache_clear()

    def unlock(self, holder: str, pin: str) -> None:
        """Raises `NoPin` and `WrongPin`; after too many of these the holder's copy of the key is gone.

        Must not run inside a transaction: a try that is killed in the middle has to count.
        """
        row = self._db.execute(
            "UPDATE key SET wrong = wrong + 1 WHERE holder = ? AND holder <> ''"
            " RETURNING salt, wrapped, wrong",
            [holder],
        ).fetchone()
        if row is None:
            raise NoPin
        salt, wrapped, wrong = row
        try:
            cipher = AESGCM(_stretched(pin, salt))
            key = cipher.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], holder.encode())
        except InvalidTag:
            if wrong >= WRONG_PINS:
                self._db.execute("DELETE FROM key WHERE holder = ?", [holder])
            raise WrongPin(WRONG_PINS - wrong) from None
        self._db.execute("UPDATE key SET wrong = 0 WHERE holder = ?", [holder])
        self._put(_OPEN, b"", key)

    @property
    def is_destroyed(self) -> bool:
        return self._db.execute("SELECT 1 FROM key").fetchone() is None

    def destroy(self) -> None:
        """What it sealed can never be read again."""
        self._db.execute("DELETE FROM key")
        _cipher.cache_clear()

    def _put(self, holder: str, salt: bytes, wrapped: bytes) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO key (holder, salt, wrapped) VALUES (?, ?, ?)",
            [holder, salt, wrapped],
        )

    def _key(self) -> bytes | None:
        # Asked each time: another process may have closed it.
        row = self._db.execute("SELECT wrapped FROM key WHERE holder = ?", [_OPEN]).fetchone()
        return None if row is None else row[0]

    def _aead(self) -> AESGCM:
        key = self._key()
        if key is None:
            raise Closed("client.wiped" if self.is_destroyed else "client.locked")
        return _cipher(key)


@lru_cache(maxsize=4)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def _stretched(pin: str, salt: bytes) -> bytes:
    """About 50 ms and 16 MiB a try. It slows guessing down; a short PIN stays a short PIN."""
    return hashlib.scrypt(pin.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
