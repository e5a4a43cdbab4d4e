"""Writes: people, roles, phones. What other apps may call."""

from .import_people import people_create
from .ledgered import KINDS as LEDGERED
from .ledgered import close_sessions
from .orders import device_order, device_order_withdraw, orders_done
from .passwords import password_change, password_set
from .people import NewPerson, person_create, person_deactivate
from .phones import device_enrol, device_revoke, enrolment_code_create
from .roles import role_end, role_grant

__all__ = [
    "LEDGERED",
    "NewPerson",
    "close_sessions",
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
]
