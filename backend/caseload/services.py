"""Writes of the caseload that others may ask for."""

from .due import configure as plan_configure
from .due import replan, replan_county
from .loans import file_borrow, file_return
from .orders import Choice, assign_in_bulk, assign_preview, handover, handover_preview, order_run
from .roster.forgetting import forget
from .transfers import transfer_accept, transfer_offer, transfer_refuse, transfer_withdraw

__all__ = [
    "Choice", "assign_in_bulk", "assign_preview", "file_borrow", "file_return", "forget", "handover", "handover_preview", "order_run",
    "plan_configure", "replan", "replan_county", "transfer_accept", "transfer_offer",
    "transfer_refuse", "transfer_withdraw",
]  # fmt: skip
