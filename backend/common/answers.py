"""What every answer has in common, wherever in the stack it was made: nothing keeps it, and the API
speaks JSON.
"""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from . import errors

_API = "/api/"
_PROBLEMS: dict[int, type[errors.DomainError]] = {
    HTTPStatus.FORBIDDEN: errors.NotAllowed,
    HTTPStatus.NOT_FOUND: errors.NotFound,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: errors.BodyTooLarge,
}


class Answers:
    """After WhiteNoise, whose files may be kept, and after the language is known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._get_response(request)
        if request.path.startswith(_API) and _is_a_page_about_an_error(response):
            response = _problem(response)
        if (
            "Cache-Control" not in response
        ):  # a form or an edition of the rules says itself that it stays
            response["Cache-Control"] = "no-store"
        return response


def _is_a_page_about_an_error(response: HttpResponseBase) -> bool:
    """Made by Django itself: no address, no valid form, no host of ours, or a fault of the server."""
    return response.status_code >= 400 and response.get("Content-Type", "").startswith("text/html")


def _problem(response: HttpResponseBase) -> JsonResponse:
    status = response.status_code
    fallback = errors.ServerFault if status >= 500 else errors.RequestUnusable
    problem = _PROBLEMS.get(status, fallback)().as_dict()
    made = JsonResponse(problem, status=status, json_dumps_params={"ensure_ascii": False})
    for name in ("Allow", "Retry-After", "Vary", "Content-Language"):
        if name in response:
            made[name] = response[name]
    return made
