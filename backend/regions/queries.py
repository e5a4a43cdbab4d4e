"""What other apps may ask about divisions."""

from collections.abc import Collection, Iterable

from django.db.models import Q, QuerySet

from . import codes
from .models import Division


def inside(column: str, prefixes: Iterable[str]) -> Q:
    """Rows whose `column` holds a code that the prefixes cover: what `codes.covers` says, as a condition.

    A prefix that ends between two levels covers nothing: a slip must never widen a scope.
    """
    wanted = set(prefixes)
    if codes.COUNTRY in wanted:
        return Q()
    covered = Q(pk__in=[])
    for prefix in sorted(wanted):
        if codes.is_well_formed(prefix):
            covered |= Q(**{f"{column}__startswith": prefix})
    return covered


def under(prefixes: Iterable[str]) -> QuerySet[Division]:
    """The divisions that a scope covers, those named in it included. An empty scope covers nothing."""
    return Division.objects.filter(inside("code", prefixes))


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
    """Those of the codes that we know, in one statement. What is no code may be any text."""
    codes_ = [code for code in wanted if codes.is_well_formed(code)]
    return set(Division.objects.filter(pk__in=codes_).values_list("code", flat=True))


def places(wanted: Collection[str]) -> dict[str, str]:
    """Each code's names from the county down, for a list; one statement. Unknown steps are left out."""
    steps = {
        code: [step for step in codes.ancestors(code) if len(step) >= 6]
        for code in set(wanted)
        if codes.is_well_formed(code)
    }
    known = Division.objects.filter(pk__in={step for own in steps.values() for step in own})
    names = dict(known.values_list("code", "name"))
    return {code: "".join(names.get(step, "") for step in own) for code, own in steps.items()}
