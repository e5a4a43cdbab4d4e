"""What a page can be asked for: a browser reads it or submits a form, and nothing else is answered like that."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase

_API = "/api/"
METHODS = ("GET", "HEAD", "POST")


class PageMethods:
    """Wherever the API is not, in one place for all: before whoever asks is known, so that it says nothing.

    Which of these a page does not answer itself, as one that only takes a form, it says with its view.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method in METHODS or request.path.startswith(_API):
            return self._get_response(request)
        return HttpResponseNotAllowed(METHODS)
