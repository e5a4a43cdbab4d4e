"""Who may call the caseload's endpoints, wherever; the queries know where."""

from typing import Any

from rest_framework.request import Request

from backend.accounts import queries as accounts
from backend.accounts.permissions import Office, caller
from backend.common import clock

from . import scope


class Reader(Office):
    """Somebody with a role that sees children."""

    roles: tuple[str, ...] = scope.READERS

    def has_permission(self, request: Request, view: Any) -> bool:
        return super().has_permission(request, view) and not accounts.roles_of(
            caller(request), on=clock.today()
        ).isdisjoint(self.roles)


class Worker(Reader):
    """Somebody who visits children or follows visits up."""

    roles = (*scope.OWN, *scope.TOWNSHIP, *scope.COUNTY)


class Rater(Reader):
    """Somebody who sets a child's risk level at a desk."""

    roles = (*scope.TOWNSHIP, *scope.COUNTY)


class Assigner(Reader):
    """Somebody who decides who covers whom."""

    roles = (*scope.TOWNSHIP, *scope.OFFICE)
