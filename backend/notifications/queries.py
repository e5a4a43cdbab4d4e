"""Reads: somebody's own messages, and what could not be delivered."""

from .contact import Contact, contact
from .dead_letters import ROLES, Filters
from .dead_letters import items as dead_letters
from .dead_letters import listed as deliveries
from .dead_letters import status as delivery_status
from .inbox import inbox, unread
from .inbox import items as inbox_items
from .webhooks import listed as webhooks

__all__ = [
    "ROLES",
    "Contact",
    "Filters",
    "contact",
    "dead_letters",
    "deliveries",
    "delivery_status",
    "inbox",
    "inbox_items",
    "unread",
    "webhooks",
]
