"""What all API endpoints share: the shape of an error and the shape of a page."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import exception_handler

from fieldforms.errors import FormError

from .errors import BodyUnreadable, DomainError


class Pages(PageNumberPagination):
    page_size_query_param = "size"
    max_page_size = 200


# The query parameters of every paged list.
PAGING = [
    OpenApiParameter("page", int),
    OpenApiParameter("size", int, description="Rows a page, 200 at most."),
]


def read(shape: type[serializers.Serializer], given: Any) -> dict[str, Any]:
    """What was given, checked. Raises `ValidationError` naming the fields."""
    checked = shape(data=given)
    checked.is_valid(raise_exception=True)
    data: dict[str, Any] = checked.validated_data
    return data


def page_of(
    request: Request, found: Any, shape: type[serializers.Serializer],
    items: Callable[[Any], Any] = lambda rows: rows,
) -> Response:  # fmt: skip
    """One page of what was found. `items` makes what is shown of a page's rows, in fixed statements."""
    pages = Pages()
    rows: Any = pages.paginate_queryset(found, request) or []
    return pages.get_paginated_response(shape(items(rows), many=True).data)


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
