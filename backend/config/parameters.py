"""A parameter that no list knows is refused: a mistyped filter would else show more than was asked for."""

from collections.abc import Callable
from functools import cache
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter

from backend.common.errors import ParameterUnknown

# Of what phones bring nothing is refused for its address.
_TAKES_ALL = "sync."


class KnownParameters:
    """The known ones are those of the schema."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, _: tuple[Any, ...], __: dict[str, Any]
    ) -> HttpResponseBase | None:
        made_of = getattr(view, "cls", None)
        if made_of is None or not request.GET or made_of.__module__.startswith(_TAKES_ALL):
            return None
        known = parameters(
            made_of, "get" if request.method == "HEAD" else str(request.method).lower()
        )
        unknown = sorted(request.GET.keys() - known)
        if not unknown:
            return None
        problem = ParameterUnknown(
            fields=tuple(unknown), names=", ".join(unknown), known=", ".join(sorted(known)) or "–"
        )
        return JsonResponse(
            problem.as_dict(), status=problem.status, json_dumps_params={"ensure_ascii": False}
        )


@cache
def parameters(view: Any, method: str) -> frozenset[str]:
    """The names that the schema gives for the address of a method of an API view."""
    named: set[str] = set()
    for one in _declared(view, method):
        if isinstance(one, OpenApiParameter):
            named |= {one.name} if one.location == OpenApiParameter.QUERY else set()
        else:
            named |= set((one() if isinstance(one, type) else one).fields)
    pages = getattr(view, "pagination_class", None)
    if pages is not None and method == "get":
        named |= {one["name"] for one in pages().get_schema_operation_parameters(view)}
    # Of a list in pages a page's number is refused in words of its own.
    return frozenset(named | ({"page"} if "cursor" in named else set()))


def _declared(view: Any, method: str) -> list[Any]:
    """What `extend_schema` was given: it asks a view with a request, as the generator makes one."""
    shape = getattr(getattr(view, method, None), "kwargs", {}).get("schema")
    if shape is None:
        return []
    asked = shape()
    asked.view, asked.method = view(request=None, kwargs={}), method.upper()
    return list(asked.get_override_parameters())
