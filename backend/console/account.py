"""One's own account: the second step, passkeys, and where one is logged in."""

import base64
import io
from typing import Any
from uuid import UUID

import qrcode
import qrcode.image.svg
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe
from django_otp import login as second_step

from backend.accounts import factors, services, sessions, signing_in
from backend.common import clock
from backend.common.errors import DomainError

from .access import OfficeRequest, office, refused, show
from .texts import text


@require_safe
@office()
def account(request: OfficeRequest) -> HttpResponse:
    return _page(request)


@office()
def factor(request: OfficeRequest) -> HttpResponse:
    """POST begins, once the password was given again; GET shows the secret that waits to be confirmed."""
    person = request.visitor.person
    if request.method == "POST":
        try:
            _same_person(request)
        except DomainError as error:
            return _page(request, error)
        services.factor_begin(person=person)
        return redirect("account-factor")
    return _secret(request)


@require_POST
@office()
def confirm(request: OfficeRequest) -> HttpResponse:
    """The app's first code; then the recovery codes, this once."""
    given, own = request.POST.get("code", "")[:40], _own_key(request)
    try:
        device, codes = services.factor_confirm(
            person=request.visitor.person, code=given, now=clock.now(), but=own
        )
    except DomainError as error:
        return _secret(request, error)
    second_step(request, device)
    return show(request, "account_codes", {"codes": codes})


@require_POST
@office()
def codes(request: OfficeRequest) -> HttpResponse:
    try:
        _same_person(request)
        made = services.recovery_codes_new(person=request.visitor.person, now=clock.now())
    except DomainError as error:
        return _page(request, error)
    return show(request, "account_codes", {"codes": made})


@require_POST
@office()
def passkey_remove(request: OfficeRequest, passkey: int) -> HttpResponse:
    try:
        _same_person(request)
    except DomainError as error:
        return _page(request, error)
    services.passkey_remove(person=request.visitor.person, passkey=passkey, now=clock.now())
    return redirect("account")


@require_POST
@office()
def log_in_end(request: OfficeRequest, log_in: UUID) -> HttpResponse:
    services.log_in_end(person=request.visitor.person, log_in=log_in, now=clock.now())
    messages.success(request, text("done.log_in_ended"))
    return redirect("account")


@require_POST
@office()
def log_ins_end(request: OfficeRequest) -> HttpResponse:
    """All but the one that asks."""
    services.log_ins_end(person=request.visitor.person, now=clock.now(), but=_own_key(request))
    messages.success(request, text("done.log_ins_ended"))
    return redirect("account")


def _same_person(request: OfficeRequest) -> None:
    """An office's computer may stand open. Raises `LoginFailed` and `TooManyTries`."""
    given = request.POST.get("current", "")[:4096]
    signing_in.current_password(request, request.user, given, now=clock.now())


def _own_key(request: OfficeRequest) -> str:
    return sessions.digest(request.session.session_key or "")


def _page(request: OfficeRequest, error: DomainError | None = None) -> HttpResponse:
    person, user, now = request.visitor.person, request.user, clock.now()
    context = {
        "error": error,
        "factor_at": user.factor_at,  # type: ignore[union-attr]
        "until": factors.asked_until(user, request.visitor.roles, now=now),
        "left": factors.recovery_left(person),
        "passkeys": factors.passkeys(person),
        "passkeys_on": request.get_host().partition(":")[0] == settings.OTP_WEBAUTHN_RP_ID,
        "log_ins": services.log_ins(person, now=now),
        "own": _own_key(request),
    }
    page = show(request, "account", context)
    return refused(page, error, status=400) if error else page


def _secret(request: OfficeRequest, error: DomainError | None = None) -> HttpResponse:
    secret, address = services.factor_shown(request.visitor.person)
    picture = io.BytesIO()
    qrcode.make(address, image_factory=qrcode.image.svg.SvgPathImage).save(picture)
    shown: dict[str, Any] = {
        "error": error,
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "picture": base64.b64encode(picture.getvalue()).decode(),
    }
    page = show(request, "account_factor", shown)
    return refused(page, error, status=400) if error else page
