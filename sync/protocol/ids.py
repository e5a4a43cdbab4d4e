"""Identifiers: UUIDv7 for what somebody makes, UUIDv8 for what follows from an operation."""

import hashlib
import os
from datetime import datetime
from uuid import UUID


def uuid7(now: datetime) -> UUID:
    """A new UUIDv7 (RFC 9562). Its time bits only keep indexes compact; nothing reads them."""
    millis = int(now.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    noise = int.from_bytes(os.urandom(10), "big")
    return _versioned((millis << 80) | noise, 7)


def is_ours(id_: UUID | None) -> bool:
    """Whether an id may stand in an operation: of the layouts that begin with 11 nobody makes any, and
    the server may use them for ids of its own.
    """
    return id_ is None or id_.int >> 62 & 0b11 != 0b11


def derived(op: UUID, *parts: str) -> UUID:
    """The id of what one operation causes: the same operation gives the same id for ever.

    This is what keeps anything that follows from an operation from happening twice after a resend,
    a retry or a restored backup.
    """
    digest = hashlib.sha256(op.bytes + b"\x00" + "\x00".join(parts).encode()).digest()
    return _versioned(int.from_bytes(digest[:16], "big"), 8)


def _versioned(value: int, version: int) -> UUID:
    value &= ~(0xF << 76)
    value |= version << 76
    value &= ~(0x3 << 62)
    value |= 0x2 << 62
    return UUID(int=value)
