"""Who may call an endpoint. What she sees there is scoped by `queries`."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from backend.common import clock

from . import queries


def caller(request: Request) -> UUID:
    """The id of the person who calls; only behind a permission that lets nobody else in."""
    person: UUID = request.user.pk  # type: ignore[assignment]
    return person


def areas(request: Request, *roles: str) -> list[str]:
    """Where the caller holds one of the roles today."""
    return queries.prefixes(caller(request), on=clock.today(), roles=roles)


class Office(BasePermission):
    """Logged in as a person: a phone's token opens the sync and nothing else."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = request.user
        from_phone = getattr(request.auth, "device_id", None) is not None
        return bool(user and user.is_authenticated and user.is_active and not from_phone)


class WithRole(Office):
    """Logged in as a person who holds one of `roles` today."""

    roles: ClassVar[frozenset[str]] = frozenset()

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and not self.roles.isdisjoint(
            queries.roles_of(caller(request), on=clock.today())
        )


class Administrator(WithRole):
    roles = frozenset({"administrator"})


class Auditor(WithRole):
    roles = frozenset({"auditor"})


class Phone(BasePermission):
    """A phone's token, revoked or not."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return getattr(request.auth, "device_id", None) is not None


class SignedIn(BasePermission):
    """Somebody at the office, or a phone that is not revoked: for what everybody may read."""

    def has_permission(self, request: Request, view: Any) -> bool:
        device = getattr(request.auth, "device", None)
        user = request.user
        return bool(
            user and user.is_authenticated and user.is_active
            and (device is None or device.revoked_at is None)
        )  # fmt: skip
