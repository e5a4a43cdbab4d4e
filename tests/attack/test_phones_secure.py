"""The attack by a phone, in this process; and an answer with too much that it has to find."""

from typing import Any

import pytest

from tests.api.conftest import HttpPhone
from tests.attack import phones
from tests.cast import Cast


def test_a_phone_that_names_another_countys_child_gets_and_changes_nothing_secure(
    committed: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = phones.attack(committed)
    assert found.hits == []
    assert found.tried > 2 * len(phones.SAMPLES)

    post = HttpPhone.post

    def given(self: HttpPhone, body: bytes, **headers: str) -> Any:
        answer = post(self, body, **headers)
        answer.content = answer.content[:-1] + f', "too": "{committed.there.marks[0]}"}}'.encode()
        return answer

    monkeypatch.setattr(HttpPhone, "post", given)
    assert any("shows 石阿朵" in hit for hit in phones.attack(committed).hits)
