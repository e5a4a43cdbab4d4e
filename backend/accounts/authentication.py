"""Whose request this is."""

import re
from typing import Any

from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework import exceptions

from backend.common import clock

from . import factors, gate
from .models import AccessToken
from .sessions import SEEN_EVERY, longest_token

_TOKEN = re.compile(rb"[0-9a-f]{64}")


class TokenAuthentication(KnoxAuthentication):
    """Knox, except that a phone's token outlives the person's account and the phone's revocation.

    What a revoked phone or a person who left still holds has to be received; the sync layer takes
    pushes from it and refuses pulls. Every other endpoint refuses it: see `permissions.Office`.

    An office token made without the second step opens nothing once there is one.
    """

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        # Knox decodes and looks up whatever it gets: other bytes would end in an error of ours.
        if not _TOKEN.fullmatch(token):
            raise exceptions.AuthenticationFailed()
        return super().authenticate_credentials(token)

    def validate_user(self, auth_token: Any) -> tuple[Any, Any]:
        if auth_token.device_id is None:
            self._check_office(auth_token)
        return auth_token.user, auth_token

    def _check_office(self, token: AccessToken) -> None:
        now, person = clock.now(), token.user
        runs = token.expiry is not None and token.expiry <= longest_token(now)
        if not runs or not person.is_active:
            raise exceptions.AuthenticationFailed()
        standing = factors.standing(person, verified=token.factor, now=now)
        if standing != factors.IN:
            raise gate.refusal(standing)
        seen = token.seen_at or token.created
        if not seen <= now < seen + SEEN_EVERY:
            AccessToken.objects.filter(digest=token.digest).update(seen_at=now)
