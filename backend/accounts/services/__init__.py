"""Writes: people, roles, phones. What other apps may call."""

from .confirmations import (
    Wish,
    confirmation_ask,
    confirmation_confirm,
    confirmation_refuse,
    confirmation_withdraw,
    confirmations_carry_out,
)
from .confirmed import KINDS as CONFIRMED
from .confirmed import second_factor_ask, second_factor_kind
from .import_people import people_create
from .ledgered import KINDS as LEDGERED
from .ledgered import close_sessions
from .orders import device_order, device_order_withdraw, orders_done
from .passwords import password_change, password_set
from .people import NewPerson, person_create, person_deactivate
from .phones import device_enrol, device_revoke, enrolment_code_create
from .roles import role_end, role_grant

__all__ = [
    "CONFIRMED",
    "LEDGERED",
    "NewPerson",
    "Wish",
    "close_sessions",
    "confirmation_ask",
    "confirmation_confirm",
    "confirmation_refuse",
    "confirmation_withdraw",
    "confirmations_carry_out",
    "device_enrol",
    "device_order",
    "device_order_withdraw",
    "device_revoke",
    "enrolment_code_create",
    "orders_done",
    "password_change",
    "password_set",
    "people_create",
    "person_create",
    "person_deactivate",
    "role_end",
    "role_grant",
    "second_factor_ask",
    "second_factor_kind",
]
