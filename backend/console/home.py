"""Where a person lands after she has logged in."""

from django.http import HttpResponse
from django.shortcuts import redirect

from . import navigation
from .access import OfficeRequest, office, show


@office()
def start(request: OfficeRequest) -> HttpResponse:
    """Her first page; somebody who works on the phone is told so."""
    pages = navigation.pages_of(request.visitor.roles)
    if pages:
        return redirect(pages[0].name)
    return show(request, "home", {})
