"""What all API endpoints share: the shape of an error and the shape of a page."""

from collections.abc import Callable
from datetime import date
from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import exception_handler

from fieldforms.errors import FormError

from . import pages
from .errors import BodyUnreadable, DateUnusable, DomainError
from .pages import PageByNumber

# Years that a date of the API may lie in.
EARLIEST, LATEST = 1900, 2199
# Rows a page: without a word about it, and at most.
SIZE, MOST = 50, 200


class PageIn(serializers.Serializer):
    """The query parameters of every list in pages."""

    cursor = serializers.CharField(
        required=False, default="", allow_blank=True,
        help_text="From `next` or `previous` of an answer; the first page without it.",
    )  # fmt: skip
    size = serializers.IntegerField(
        required=False,
        default=SIZE,
        min_value=1,
        help_text=f"Rows a page; {MOST} at most are given.",
    )


PAGING = [PageIn]


def read(shape: type[serializers.Serializer], given: Any) -> dict[str, Any]:
    """What was given, checked. Raises `ValidationError` naming the fields, and `DateUnusable`."""
    checked = shape(data=given)
    try:
        checked.is_valid(raise_exception=True)
    except OverflowError as error:  # a time that is in no year of another time zone
        raise DateUnusable() from error
    data: dict[str, Any] = checked.validated_data
    if far := [name for name, value in data.items() if is_far(value)]:
        raise DateUnusable(fields=tuple(far))
    return data


def is_far(value: Any) -> bool:
    """Nobody means such a day, and reckoning with it leaves what dates can hold."""
    if isinstance(value, dict):
        return any(is_far(one) for one in value.values())
    if isinstance(value, list | tuple):
        return any(is_far(one) for one in value)
    return isinstance(value, date) and not EARLIEST <= value.year <= LATEST


def page_of(
    request: Request, found: Any, shape: type[serializers.Serializer],
    items: Callable[[Any], Any] = lambda rows: rows,
) -> Response:  # fmt: skip
    """One page of what was found. `items` makes what is shown of a page's rows, in fixed statements.

    Raises `ValidationError`, `CursorUnknown` and `PageByNumber`.
    """
    query = request.query_params
    if "page" in query:
        raise PageByNumber()
    given = read(PageIn, query)
    page = pages.page(
        found, cursor=given["cursor"], size=min(given["size"], MOST),
        of=pages.about(request.path, dict(query.lists())),
    )  # fmt: skip
    address = request.build_absolute_uri()

    def link(cursor: str | None) -> str | None:
        return cursor and replace_query_param(address, "cursor", cursor)

    return Response(
        {
            "count": page.total,
            "next": link(page.next),
            "previous": link(page.previous),
            "results": shape(items(page.rows), many=True).data,
        }
    )


def paged(item: type[serializers.Serializer]) -> Any:
    """The schema of a page of `item`, for views that paginate by hand."""
    return inline_serializer(
        f"{item.__name__}Page",
        {
            "count": serializers.IntegerField(),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": item(many=True),
        },
    )


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error leaves as `{code, fields, message, details?}`; anything unexpected stays a 500."""
    if isinstance(error, ParseError):
        error = BodyUnreadable(detail=str(error.detail))
    if isinstance(error, DomainError | FormError):
        headers = error.headers if isinstance(error, DomainError) else None
        return Response(error.as_dict(), status=error.status, headers=headers)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        response.data = invalid_problem(response.data)
    elif isinstance(error, APIException):
        response.data = {
            "code": str(error.default_code),
            "fields": list(getattr(error, "fields", ())),
            "message": str(response.data.get("detail", error.default_detail)),
        }
    else:  # Http404 and PermissionDenied of Django
        response.data = {
            "code": "not_found" if response.status_code == 404 else "not_allowed",
            "fields": [],
            "message": str(response.data.get("detail", "")),
        }
    return response


def invalid_problem(details: Any) -> dict[str, Any]:
    """The problem of input that a serializer refused; `details` are its messages by field."""
    return {
        "code": "invalid",
        "fields": list(details) if isinstance(details, dict) else [],
        "message": _first_sentence(details),
        "details": details,
    }


def _first_sentence(details: Any) -> str:
    if isinstance(details, dict) and details:
        name, value = next(iter(details.items()))
        return f"{name}: {_first_sentence(value)}"
    if isinstance(details, list) and details:
        return _first_sentence(details[0])
    return str(details)
