"""What the office and the organisations hand in about referrals and missing children."""

from backend.accounts.handing_in import Door

from . import errors

DOOR = Door(
    stale=errors.ReferralStale,
    refused=errors.StepRefused,
    transitions=("referral.transition", "missing.transition"),
    answered=("missing.open_already",),
)
