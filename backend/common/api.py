"""What all API endpoints share: the shape of an error and the shape of a page."""

from typing import Any

from rest_framework.exceptions import APIException, ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler

from .errors import DomainError


class Pages(PageNumberPagination):
    page_size_query_param = "size"
    max_page_size = 200


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """Every error leaves as `{code, fields, message, details?}`; anything unexpected stays a 500."""
    if isinstance(error, DomainError):
        return Response(error.as_dict(), status=error.status)
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, ValidationError):
        details = response.data
        fields = list(details) if isinstance(details, dict) else []
        response.data = {
            "code": "invalid",
            "fields": fields,
            "message": _first_sentence(details),
            "details": details,
        }
    elif isinstance(error, APIException):
        response.data = {
            "code": str(error.default_code),
            "fields": [],
            "message": str(response.data.get("detail", error.default_detail)),
        }
    else:  # Http404 and PermissionDenied of Django
        response.data = {
            "code": "not_found" if response.status_code == 404 else "not_allowed",
            "fields": [],
            "message": str(response.data.get("detail", "")),
        }
    return response


def _first_sentence(details: Any) -> str:
    if isinstance(details, dict) and details:
        name, value = next(iter(details.items()))
        return f"{name}: {_first_sentence(value)}"
    if isinstance(details, list) and details:
        return _first_sentence(details[0])
    return str(details)
