"""Ids that the same row gives for ever, so that a file read twice makes nothing twice.

Made from keyed hashes: an ID number has so few possible values that its plain hash could be undone by
trying them all, and ids stand in the open.
"""

from uuid import UUID

from backend.common.encrypted import index_token
from sync.protocol import ids

_ROSTER = UUID("6d1f0c62-5d0e-8a3b-9c41-0a7be2f4d913")


def row_id(kind: str, *parts: str) -> UUID:
    told = "\x1f".join(parts)
    # Two tokens of 64 bits: one alone could meet another in a national table.
    tokens = (index_token(f"roster.{half}.{kind}", told) for half in ("a", "b"))
    return ids.derived(_ROSTER, kind, *map(str, tokens))
