"""Writes. What other apps call is `enqueue`, with `Notice`s."""

from .contact import contact_save
from .dead_letters import resend as deliveries_resend
from .forgetting import deliveries_forget, notices_forget
from .inbox import mark_read as notices_read
from .message import Notice
from .outbox import enqueue
from .webhooks import webhook_change, webhook_create

__all__ = [
    "Notice",
    "contact_save",
    "deliveries_forget",
    "deliveries_resend",
    "enqueue",
    "notices_forget",
    "notices_read",
    "webhook_change",
    "webhook_create",
]
