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
from .confirmed import second_factor_ask
from .import_people import people_check, people_create
from .ledgered import KINDS as LEDGERED
from .ledgered import close_sessions
from .orders import device_order, device_order_withdraw, orders_done
from .passwords import password_change, password_set
from .people import NewPerson, person_create, person_deactivate
from .phones import (
    device_enrol,
    device_revoke,
    enrolment_code_create,
    enrolment_codes_forget,
)
from .roles import role_end, role_grant
from .second_factor import end as factor_end
from .second_factor import (
    factor_begin,
    factor_confirm,
    factor_shown,
    factor_tried,
    factor_used,
    passkey_added,
    passkey_remove,
    recovery_codes_new,
)
from .sessions import LogIn, log_in_end, log_ins, log_ins_clean, log_ins_close, log_ins_end

__all__ = [
    "CONFIRMED",
    "LEDGERED",
    "LogIn",
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
    "enrolment_codes_forget",
    "factor_begin",
    "factor_confirm",
    "factor_end",
    "factor_shown",
    "factor_tried",
    "factor_used",
    "log_in_end",
    "log_ins",
    "log_ins_clean",
    "log_ins_close",
    "log_ins_end",
    "orders_done",
    "passkey_added",
    "passkey_remove",
    "password_change",
    "password_set",
    "people_check",
    "people_create",
    "person_create",
    "person_deactivate",
    "recovery_codes_new",
    "role_end",
    "role_grant",
    "second_factor_ask",
]
