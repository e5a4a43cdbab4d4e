"""Reads of published forms."""

from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet

from .errors import FormUnknown
from .models import FormVersion


def in_force() -> dict[str, dict[str, str]]:
    """The version of each form that a phone fills in now: `{form: {version, sha256}}`, in one statement."""
    rows = (
        FormVersion.objects.filter(retired_at=None)
        .order_by("form", "-published_at", "-version")
        .distinct("form")
        .values_list("form", "version", "sha256")
    )
    return {form: {"version": version, "sha256": sha256} for form, version, sha256 in rows}


def cards(*, retired: bool) -> QuerySet[FormVersion]:
    """Every published version without its texts, newest first within a form; those retired too if asked."""
    found = FormVersion.objects.defer("xform", "source", "manifest").order_by(
        "form", "-published_at", "-version"
    )
    return found if retired else found.filter(retired_at=None)


def version(form: str, version: str) -> FormVersion:
    """One version, retired or not: an answer given to it is read by it. Raises `FormUnknown`."""
    found = FormVersion.objects.filter(form=form, version=version).first()
    if found is None:
        raise FormUnknown
    return found


def manifests(wanted: Collection[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
    """The manifest of each (form, version) that was published, retired or not; one statement."""
    any_of = Q(pk__in=[])
    for form, version in sorted(wanted):
        any_of |= Q(form=form, version=version)
    rows = FormVersion.objects.filter(any_of).values_list("form", "version", "manifest")
    return {(form, version): manifest for form, version, manifest in rows}
