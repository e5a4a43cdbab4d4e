"""Writes of the caseload that others may ask for."""

from .dangers import Restricted, restrict
from .dangers import forget as forget_dangers
from .due import configure as plan_configure
from .due import replan, replan_county
from .loans import file_borrow, file_return
from .openings import opening_ask
from .orders import Choice, assign_in_bulk, assign_preview, handover, handover_preview, order_run
from .roster.forgetting import forget
from .transfers import transfer_accept, transfer_offer, transfer_refuse, transfer_withdraw

__all__ = [
    "Choice", "Restricted", "assign_in_bulk", "assign_preview", "file_borrow", "file_return", "forget",
    "forget_dangers", "handover", "handover_preview", "opening_ask", "order_run", "plan_configure", "replan",
    "replan_county", "restrict", "transfer_accept", "transfer_offer",
    "transfer_refuse", "transfer_withdraw",
]  # fmt: skip
