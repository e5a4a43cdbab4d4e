"""Where a delegated-guardianship confirmation stands on a day (Minors Protection Law 22-23)."""

from datetime import date

import pytest

from backend.children.delegations import delegation_state
from fieldforms.vocabulary import codes

FIRST, LAST = date(2026, 3, 1), date(2026, 8, 31)
REVOKED = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("on", "revoked", "state"),
    [
        (date(2026, 2, 28), None, "future"),
        (FIRST, None, "valid"),
        (LAST, None, "valid"),
        (date(2026, 9, 1), None, "expired"),
        (date(2026, 4, 30), REVOKED, "valid"),
        (REVOKED, REVOKED, "revoked"),
        (date(2026, 9, 1), REVOKED, "revoked"),
    ],
)
def test_a_confirmation_on_a_day(on: date, revoked: date | None, state: str) -> None:
    assert delegation_state(FIRST, LAST, revoked, on) == state
    assert state in codes("delegation_state")


@pytest.mark.parametrize("term", [(None, LAST), (FIRST, None), (LAST, FIRST)])
def test_a_term_that_is_none_is_never_in_force(term: tuple[date | None, date | None]) -> None:
    assert delegation_state(*term, None, REVOKED) == "undated"
