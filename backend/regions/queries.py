"""What other apps may ask about divisions."""

from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet

from . import codes
from .models import Division


def under(prefixes: Iterable[str]) -> QuerySet[Division]:
    """The divisions that a scope covers, those named in it included. An empty scope covers nothing."""
    wanted = list(prefixes)
    if codes.COUNTRY in wanted:
        return Division.objects.all()
    matches = Q(pk__in=[])
    for prefix in wanted:
        if codes.is_well_formed(prefix):
            matches |= Q(code__startswith=prefix)
    return Division.objects.filter(matches)


def children_of(code: str) -> QuerySet[Division]:
    """One level down, by pinyin; `codes.COUNTRY` gives the provinces. Raises `CodeMalformed`."""
    if code == codes.COUNTRY:
        return Division.objects.filter(parent=None).order_by("pinyin", "code")
    codes.level(code)
    return Division.objects.filter(parent=code).order_by("pinyin", "code")


def path(code: str) -> list[str]:
    """The names from the province down, for showing; unknown steps are left out."""
    wanted = codes.ancestors(code)
    return list(
        Division.objects.filter(pk__in=wanted).order_by("code").values_list("name", flat=True)
    )


def exists(wanted: Collection[str]) -> set[str]:
    """Those of the codes that we know, in one statement."""
    return set(Division.objects.filter(pk__in=wanted).values_list("code", flat=True))
