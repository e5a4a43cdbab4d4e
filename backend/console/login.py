"""Log-in to the office's pages: the password, and where one is set up the second step."""

from typing import Any

from django.contrib.auth import login
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.views.decorators.cache import never_cache
from django_otp import login as second_step

from backend.accounts import client, factors, sessions, signing_in
from backend.common import clock
from backend.common.errors import DomainError

from .access import refused


class LoginForm(AuthenticationForm):
    """Says the same as the API does, slowed or mistyped."""

    request: HttpRequest
    refused: DomainError | None = None

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if "username" in given and "password" in given:
            try:
                self.user_cache = signing_in.password(self.request, **given, now=clock.now())
            except DomainError as error:
                self.refused = error
                raise ValidationError(error.message) from error
        return given


class Login(LoginView):
    template_name = "console/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        person: Any = form.get_user()
        login(self.request, person)
        sessions.begun(self.request)
        if person.factor_at is not None:
            onward = urlencode({"next": self.get_success_url()})
            return redirect(f"{reverse('page-code')}?{onward}")
        answer = redirect(self.get_success_url())
        client.remember(self.request, answer, person.get_username())
        return answer

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        answer, error = super().form_invalid(form), getattr(form, "refused", None)
        return refused(answer, error, status=200) if error else answer


@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """The second step. Whoever has none to take is sent on."""
    user: Any = request.user
    onward = onward_of(request)
    if not user.is_authenticated:
        return redirect("page-login")
    if user.is_verified() or user.factor_at is None:
        return redirect(onward)
    context = {"next": onward, "passkeys": bool(factors.passkeys(user.pk))}
    if request.method != "POST":
        return render(request, "console/code.html", context)
    try:
        factor = signing_in.code(request, user, request.POST.get("code", "")[:40], now=clock.now())
    except DomainError as error:
        answer = render(request, "console/code.html", context | {"error": error})
        return refused(answer, error, status=400)
    return step_taken(request, factor, redirect(onward))


def step_taken(request: HttpRequest, factor: Any, answer: HttpResponse) -> HttpResponse:
    """The log-in counts; its session gets a new key, and its browser is known from now on."""
    second_step(request, factor)
    request.session.cycle_key()
    client.remember(request, answer, request.user.get_username())
    return answer


def onward_of(request: HttpRequest) -> str:
    """Where the log-in was to lead, if that is a page of ours."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return asked if ours else reverse("home")
