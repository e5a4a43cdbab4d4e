"""Reads of imports."""

from collections.abc import Sequence

from django.db.models import QuerySet

from backend.caseload.models import RosterImport
from backend.regions import queries as regions


def imports(own: Sequence[str]) -> QuerySet[RosterImport]:
    """Imports that lie wholly in the area, the newest first; the reports stay closed."""
    found = RosterImport.objects.filter(regions.inside("division", own))
    return found.defer("sealed").order_by("-at", "id")
