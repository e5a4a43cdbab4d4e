"""Passkeys as the second step, by django-otp-webauthn: what differs from the library."""

from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django_otp_webauthn.helpers import WebAuthnHelper

_NAME = 64


class Helper(WebAuthnHelper):
    """On one's own machine a passkey belongs to localhost, on whatever port it answers."""

    def get_allowed_origins(self) -> list[str]:
        origins: list[str] = settings.OTP_WEBAUTHN_ALLOWED_ORIGINS
        if settings.OTP_WEBAUTHN_RP_ID == "localhost":
            return [*origins, f"http://localhost:{self.request.get_port()}"]
        return origins

    def create_credential(
        self, user: AbstractBaseUser, response: Any, parsed_credential: Any, original_data: Any
    ) -> Any:
        made = super().create_credential(user, response, parsed_credential, original_data)
        made.name = str(original_data.get("name", ""))[:_NAME]
        return made
