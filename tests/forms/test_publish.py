"""A published form version never changes."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.db.utils import ProgrammingError

from fieldforms import services
from fieldforms.compile import compile_form, form_names
from fieldforms.errors import PublishedFormChanged
from fieldforms.models import FormVersion

NOW = datetime(2026, 11, 24, tzinfo=UTC)
# Every version that an installation may have published, by its hash: a line is added, never changed.
SHIPPED = json.loads(Path(__file__).with_name("shipped_forms.json").read_text("utf-8"))
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("form", form_names())
def test_a_form_that_changed_has_a_version_that_nobody_has_published(form):
    """A coded list is part of every form that asks it: a code more makes another form of each."""
    compiled = compile_form(form)
    assert SHIPPED[form].get(compiled["version"]) == compiled["sha256"]


def test_publishing_twice_publishes_once():
    assert len(services.publish_forms(now=NOW)) == len(form_names())
    assert services.publish_forms(now=NOW) == []


def test_a_changed_source_with_the_same_version_is_refused(monkeypatch):
    services.publish_forms(now=NOW)
    monkeypatch.setattr(
        services, "compile_form", lambda name: {**compile_form(name), "sha256": "0"}
    )
    with pytest.raises(PublishedFormChanged, match=r"\(child_registration 1\)"):
        services.publish_forms(now=NOW)


def test_a_published_version_cannot_be_saved_but_can_be_retired():
    services.publish_forms(now=NOW)
    version = FormVersion.objects.get(form="household_visit")
    version.xform = "changed"
    with pytest.raises(PublishedFormChanged):
        version.save()
    version.retired_at = NOW
    version.save(update_fields=["retired_at"])
    version.refresh_from_db()
    assert version.xform != "changed"
    assert version.retired_at == NOW


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE fieldforms_formversion SET xform = 'changed'",
        "UPDATE fieldforms_formversion SET version = '0'",
        "DELETE FROM fieldforms_formversion",
    ],
)
def test_the_database_itself_refuses_to_change_a_published_version(statement):
    services.publish_forms(now=NOW)
    with pytest.raises(ProgrammingError, match="never changes"), connection.cursor() as cursor:
        cursor.execute(statement)


def test_one_changed_form_keeps_all_others_from_being_published():
    last = form_names()[-1]
    compiled = compile_form(last)
    FormVersion.objects.create(**{**compiled, "sha256": "0"}, published_at=NOW)
    with pytest.raises(PublishedFormChanged):
        services.publish_forms(now=NOW)
    assert FormVersion.objects.count() == 1
