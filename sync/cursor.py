"""The cursor token: opaque and signed. Another incarnation or scope means a fresh load, never a gap."""

from dataclasses import asdict, dataclass, field
from uuid import UUID

from django.core import signing

from .protocol.messages import VERSION

_SALT = "sync.cursor"


@dataclass(frozen=True, slots=True)
class Cursor:
    """`shards` maps a shard to the last feed number the phone has; `scope` hashes roles and prefixes."""

    incarnation: str
    scope: str
    generation: int = 0
    shards: dict[str, int] = field(default_factory=dict)
    protocol: int = VERSION

    def token(self) -> str:
        return signing.dumps(asdict(self), salt=_SALT, compress=True)


def opened(token: str) -> Cursor | None:
    """What a token says, whoever made it; None when it is not one of ours or damaged."""
    try:
        return Cursor(**signing.loads(token, salt=_SALT))
    except (signing.BadSignature, TypeError):
        return None


def read(token: str | None, *, incarnation: UUID, scope: str) -> Cursor | None:
    """The cursor, or None when the phone has to load afresh."""
    cursor = None if token is None else opened(token)
    if cursor is None:
        return None
    same = (cursor.incarnation, cursor.scope, cursor.protocol) == (str(incarnation), scope, VERSION)
    return cursor if same else None
