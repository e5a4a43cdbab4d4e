"""Passkeys in the browser: added on one's own page, used as the second step. The ceremony is the library's."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django_otp_webauthn import exceptions, views
from django_otp_webauthn.models import WebAuthnCredential

from backend.accounts import limits, services, signing_in
from backend.accounts.errors import PasskeyRefused
from backend.common import clock
from backend.common.errors import DomainError

from .login import onward_of, step_taken

# The library walks through what a browser sent before it has looked at its shape.
MISSHAPEN = (ValueError, TypeError, LookupError, AttributeError)


class Ceremony:
    """Answers as the API does, and whatever a browser sends ends in a sentence."""

    def handle_exception(self, error: Exception) -> HttpResponse:
        if isinstance(error, exceptions.OTPWebAuthnApiError):
            said: DomainError = PasskeyRefused()
        elif isinstance(error, DomainError):
            said = error
        elif isinstance(error, MISSHAPEN):
            said = PasskeyRefused()
        else:
            raise error
        return JsonResponse(said.as_dict(), status=said.status, headers=said.headers)


@method_decorator(never_cache, name="dispatch")
class AddBegin(Ceremony, views.BeginCredentialRegistrationView):
    def check_can_register(self) -> None:
        _only_with_an_app(self.request)


@method_decorator(never_cache, name="dispatch")
class AddComplete(Ceremony, views.CompleteCredentialRegistrationView):
    def check_can_register(self) -> None:
        _only_with_an_app(self.request)

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = super().post(*args, **kwargs)
        services.passkey_added(person=self.request.user.pk, now=clock.now())
        return answer


def _only_with_an_app(request: HttpRequest) -> None:
    """First the app, whose recovery codes help when the passkey is lost."""
    if request.user.factor_at is None:  # type: ignore[union-attr]
        raise exceptions.NotVerified()


@method_decorator(never_cache, name="dispatch")
class UseBegin(Ceremony, views.BeginCredentialAuthenticationView):
    def check_can_authenticate(self) -> None:
        _only_after_the_password(self.request)


@method_decorator(never_cache, name="dispatch")
class UseComplete(Ceremony, views.CompleteCredentialAuthenticationView):
    def check_can_authenticate(self) -> None:
        _only_after_the_password(self.request)

    def post(self, *args: Any, **kwargs: Any) -> HttpResponse:
        user: Any = self.request.user
        at = signing_in.place(self.request, user.get_username())
        with limits.tried("code", str(user.pk), at, now=clock.now()):
            try:
                answer: HttpResponse = super().post(*args, **kwargs)
            except (exceptions.OTPWebAuthnApiError, *MISSHAPEN) as error:
                raise PasskeyRefused() from error
        return step_taken(self.request, self.device, answer)

    def complete_auth(self, device: WebAuthnCredential) -> None:
        services.factor_used(person=device.user_id, factor=device, now=clock.now())
        self.device = device

    def get_success_data(self, device: WebAuthnCredential) -> dict[str, Any]:
        return {"next": onward_of(self.request)}


def _only_after_the_password(request: HttpRequest) -> None:
    if not request.user.is_authenticated or request.user.factor_at is None:
        raise exceptions.NotAuthenticated()
