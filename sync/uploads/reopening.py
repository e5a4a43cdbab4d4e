"""Opens attachments that came sealed to a key which this server has got back since."""

import datetime as dt
import logging
from uuid import UUID

from django.db import transaction

from sync.ports import ports

from . import keeping, pieces
from .models import Attachment

logger = logging.getLogger(__name__)

A_RUN = 100


def attachments(*, now: dt.datetime) -> int:
    """The oldest first; returns how many were opened. One that fails stays as it is and is told of."""
    kept = Attachment.objects.filter(sealed_to__isnull=False)
    wanted = {bytes(k) for k in kept.values_list("sealed_to", flat=True).distinct() if k}
    keys = list(ports().outbox.private(wanted)) if wanted else []
    found = kept.filter(sealed_to__in=keys).order_by("declared_at", "id")
    opened = 0
    for attachment in found.values_list("id", flat=True)[:A_RUN]:
        try:
            opened += _open(attachment, now)
        except Exception:
            logger.exception("attachment %s could not be opened", attachment)
    return opened


@transaction.atomic
def _open(attachment: UUID, now: dt.datetime) -> bool:
    """Under the row's lock; somebody else who holds it opens it."""
    rows = Attachment.objects.select_for_update(skip_locked=True)
    row = rows.filter(id=attachment, sealed_to__isnull=False).first()
    cipher = ports().keys([row.file]).get(row.file) if row else None
    if row is None or cipher is None:
        return False
    opened = keeping.open_kept(row, cipher, now)
    entry = pieces.object_name(attachment, pieces.UNOPENED)
    transaction.on_commit(lambda: pieces.delete([entry]))
    return opened
