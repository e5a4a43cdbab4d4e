"""Log-in to the office's pages."""

from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError

from backend.accounts.errors import LockedOut, LoginFailed


class LoginForm(AuthenticationForm):
    """Says the same as the API does, locked out or mistyped."""

    def get_invalid_login_error(self) -> ValidationError:
        locked = getattr(self.request, "axes_locked_out", False)
        return ValidationError((LockedOut() if locked else LoginFailed()).message)


class Login(LoginView):
    template_name = "console/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True
