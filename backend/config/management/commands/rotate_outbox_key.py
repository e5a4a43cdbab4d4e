"""A new key for the sealed outbox; phones learn of it at their next sync."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand
from django.db import transaction

from backend.audit import services as audit
from backend.common import clock, outbox_keys
from sync import reopen
from sync.protocol import sealing


class Command(BaseCommand):
    help = "Makes a new outbox key. Entries sealed to the older ones can still be opened."

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        public = self._rotate(now)
        self.stdout.write(f"phones seal to key {sealing.key_id(public).hex()} from now on")
        if opened := reopen.everything(now=now):
            self.stdout.write(f"{opened} entries that had waited for an older key were opened")

    @transaction.atomic
    def _rotate(self, now: datetime) -> bytes:
        public = outbox_keys.rotate(now=now)
        # The subject's first half is the key's id, so that the line can be found by it.
        subject = UUID(bytes=hashlib.sha256(public).digest()[:16])
        audit.record(
            actor=None, action="outbox_key.rotate", subject=subject, now=now,
            subject_type="outbox_key",
        )  # fmt: skip
        return public
