"""Every error a caller may expect has a code of its own and says what to do in two languages."""

import importlib
import pkgutil
import re
from collections import Counter
from typing import Any

import pytest

import backend
import fieldforms
from backend.common.errors import DomainError, StepRefused
from fieldforms.errors import FormError


def everything() -> list[Any]:
    """All error classes of the project, wherever they stand."""
    for package in (backend, fieldforms):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not re.search(r"\.(migrations|management|admin|wsgi|asgi)\b", module.name):
                importlib.import_module(module.name)
    found, waiting = [], [DomainError, FormError]
    while waiting:
        below = waiting.pop().__subclasses__()
        found += below
        waiting += below
    return sorted(found, key=lambda error: error.__qualname__)


ERRORS = everything()


def names(text: str) -> set[str]:
    """What a message is filled with; a part may come ready in the message's own language."""
    return {re.sub("_(zh|en)$", "", name) for name in re.findall(r"{(\w+)", text)}


def test_there_are_errors_to_look_at() -> None:
    assert {"NotFound", "PersonLeft", "PublishedFormChanged"} <= {e.__name__ for e in ERRORS}


def test_no_two_errors_share_a_code() -> None:
    """A subclass may say the same error in more words; it then has the code of its parent."""
    seen = Counter(error.code for error in ERRORS if "code" in error.__dict__)
    assert {code: count for code, count in seen.items() if count > 1} == {}
    assert {"error", "form.error"}.isdisjoint(error.code for error in ERRORS)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_an_error_has_a_code_a_status_and_the_same_message_in_both_languages(error: Any) -> None:
    # A refused step comes with the sentence of the merge.
    assert {"zh", "en"} <= error.__dict__.keys() or issubclass(error, StepRefused)
    assert re.fullmatch(r"[a-z_]+(\.[a-z_]+)*", error.code)
    assert error.status in {400, 401, 403, 404, 408, 409, 413, 429, 500, 503}
    assert re.search(r"[\u4e00-\u9fff]", error.zh) or error.zh == "{sentence_zh}"
    assert not re.search(r"[\u4e00-\u9fff]", error.en)
    assert names(error.zh) == names(error.en)
