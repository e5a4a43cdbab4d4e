"""The ways out of the system. Each hands a `Letter` over and says what came of it."""

from collections.abc import Callable, Mapping

from ..preferences import EMAIL, SMS, WEBHOOK
from . import mail, sms, webhook
from .outcome import DELIVERED, Letter, Outcome

__all__ = ["CHANNELS", "DELIVERED", "Letter", "Outcome"]

CHANNELS: Mapping[str, Callable[[Letter], Outcome]] = {
    EMAIL: mail.send,
    SMS: sms.send,
    WEBHOOK: webhook.send,
}
