"""Whose request this is."""

from typing import Any

from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework import exceptions


class TokenAuthentication(KnoxAuthentication):
    """Knox, except that a phone's token outlives the person's account and the phone's revocation.

    What a revoked phone or a person who left still holds has to be received; the sync layer takes
    pushes from it and refuses pulls. Every other endpoint refuses it: see `permissions.Office`.
    """

    def validate_user(self, auth_token: Any) -> tuple[Any, Any]:
        if auth_token.device_id is None and not auth_token.user.is_active:
            raise exceptions.AuthenticationFailed()
        return auth_token.user, auth_token
