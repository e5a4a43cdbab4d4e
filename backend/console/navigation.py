"""Which page is for whom: the whole list. The order is the order of the menu."""

from collections.abc import Collection
from dataclasses import dataclass

from backend.caseload.queries import DESKS, TOWNSHIP
from backend.concerns.editions.scope import READERS as RULES
from backend.concerns.queries import WORKERS
from backend.duty.queries import READERS as DUTY
from backend.guardianship.queries import COUNTY as CASES
from backend.notifications.queries import ROLES as DELIVERIES
from backend.quarantine.queries import ROLES as QUARANTINE
from backend.referrals.missing_queries import COUNTY as MISSING
from backend.referrals.queries import PARTNER
from backend.retention.queries import READERS as RETENTION
from backend.rights.queries import FILERS as RIGHTS


@dataclass(frozen=True)
class Page:
    """`name` is the page's name in the routes and, as `nav.<name>`, in the texts."""

    name: str
    roles: frozenset[str]

    @property
    def title(self) -> str:
        """The key of its words."""
        return f"nav.{self.name}"


OFFICE = frozenset({*WORKERS, "administrator", "viewer"})
PAGES = (
    Page("queue", frozenset(WORKERS)),
    Page("cases", frozenset(CASES)),
    Page("referrals", frozenset(WORKERS)),
    Page("missing", frozenset(MISSING)),
    Page("children", OFFICE),
    Page("visits", frozenset(WORKERS)),
    Page("loans", frozenset(TOWNSHIP)),
    Page("duty", frozenset(DUTY)),
    Page("directory", OFFICE),
    Page("partner", frozenset({PARTNER})),
    Page("photographs", frozenset(DESKS)),
    Page("waiting", QUARANTINE),
    Page("deliveries", DELIVERIES),
    Page("rights", frozenset(RIGHTS)),
    Page("confirmations", frozenset(DESKS)),
    Page("retention", frozenset(RETENTION)),
    Page("rules", frozenset(RULES)),
    Page("audit", frozenset({"auditor"})),
)


def pages_of(roles: Collection[str]) -> list[Page]:
    return [page for page in PAGES if page.roles & set(roles)]


def roles_for(name: str) -> frozenset[str]:
    """Raises `KeyError` for a page that is in no menu."""
    return {page.name: page.roles for page in PAGES}[name]
