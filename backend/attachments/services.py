"""What the office decides about attachments."""

from datetime import datetime
from uuid import UUID

from backend.common.errors import NotFound
from sync.uploads.closing import close_lost
from sync.uploads.errors import Erased

from . import scope
from .errors import NotPending, ReasonRequired


def attachment_close(*, attachment: UUID, actor: UUID, reason: str, now: datetime) -> None:
    """Closes as lost what nobody has any more. The reason is sealed in the operation.

    Raises `NotFound`, `ReasonRequired`, and `NotPending` when it came or was closed meanwhile.
    """
    row = scope.closable(actor, now=now).filter(id=attachment).first()
    if row is None:
        raise NotFound(fields=("attachment",))
    if not reason.strip():
        raise ReasonRequired()
    try:
        closed = close_lost(attachment=attachment, person=actor, reason=reason.strip(), now=now)
    except Erased as error:
        raise NotFound(fields=("attachment",)) from error
    if not closed:
        raise NotPending()
