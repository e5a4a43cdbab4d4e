"""Which children somebody looks for. Where she may look is the caller's to say."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from backend.regions import queries as regions

from .identity import query_tokens
from .models import LEFT, Child, Guardian


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Empty means any, except that without a status those who left are not shown.

    `text` is an ID number, a phone number of the child's household, characters of a name or pinyin
    syllables with blanks between them. `risk_level` is the level that is shown, which `matching` cannot
    know: it follows from open dangers, and from who asks.
    """

    text: str = ""
    category: str = ""
    risk_level: str = ""
    division: str = ""
    status: str = ""


def matching(filters: Filters) -> QuerySet[Child]:
    """By everything but the risk level, see `Filters`."""
    rows = Child.objects.filter(status=filters.status) if filters.status else _here()
    if filters.text.strip():
        rows = rows.filter(_found_by(filters.text))
    if filters.category:
        rows = rows.filter(categories__contains=[filters.category])
    if filters.division:
        rows = rows.filter(division__startswith=filters.division)
    return rows


def _here() -> QuerySet[Child]:
    return Child.objects.exclude(status__in=LEFT)


def _found_by(text: str) -> Q:
    """By the child's own card, or by that of an adult of the household."""
    tokens = query_tokens(text)
    adults = Guardian.objects.filter(search__contains=tokens, household__isnull=False)
    return Q(search__contains=tokens) | Q(household__in=adults.values("household"))


def lives_in(prefixes: Iterable[str]) -> Q:
    """Children of these divisions."""
    return regions.inside("division", prefixes)
