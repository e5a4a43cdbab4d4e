"""What is no text, number or tree that the database and Python's dates can work with."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase

DEPTH = 50
# Characters in a field of a page's form; the API's serializers have limits of their own.
LONGEST_FIELD = 20_000
# Those that hold a whole document, which its own page reads and judges.
DOCUMENTS = frozenset({"content"})
# No column takes more, and no field means more.
_LARGEST = 2**63


def unusable(value: Any, depth: int = 0) -> str:
    """What is wrong with decoded JSON or the values of a form, in English; empty if nothing is."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return _first((*value, *value.values()), depth)
    if isinstance(value, list | tuple):
        return _first(value, depth)
    if isinstance(value, int) and not -_LARGEST <= value < _LARGEST:
        return "a number has more than 63 bits"
    # A float out of range is read as infinity.
    return "a number is too large" if value in (float("inf"), float("-inf")) else ""


def _first(values: Iterable[Any], depth: int) -> str:
    if depth >= DEPTH:
        return "nested too deeply"
    return next((said for value in values if (said := unusable(value, depth + 1))), "")


def _text(text: str) -> str:
    if "\x00" in text:
        return "a text has a NUL character"
    try:
        text.encode()
    except UnicodeEncodeError:
        return "a text has half a surrogate pair"
    return ""


class UsableInput:
    """Refuses a request whose address or form holds what nothing behind it can work with.

    Bodies of the API have a parser for that (`parsers.StrictJson`); what phones bring is judged line by
    line.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], given: dict[str, Any]
    ) -> None:
        address = [value for value in given.values() if isinstance(value, str)]
        form: dict[str, list[Any]] = {} if hasattr(view, "cls") else dict(request.POST.lists())
        said = unusable([address, dict(request.GET.lists()), form])
        fields = (form[name] for name in form.keys() - DOCUMENTS)
        if any(len(text) > LONGEST_FIELD for texts in fields for text in texts):
            said = "a field is too long"
        if said:
            raise BadRequest(said)
