"""A published form version never changes."""

from datetime import UTC, datetime

import pytest

from fieldforms import services
from fieldforms.compile import compile_form, form_names
from fieldforms.models import FormVersion, PublishedFormChanged

NOW = datetime(2026, 11, 24, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def test_publishing_twice_publishes_once():
    assert len(services.publish_forms(now=NOW)) == len(form_names())
    assert services.publish_forms(now=NOW) == []


def test_a_changed_source_with_the_same_version_is_refused(monkeypatch):
    services.publish_forms(now=NOW)
    monkeypatch.setattr(
        services, "compile_form", lambda name: {**compile_form(name), "sha256": "0"}
    )
    with pytest.raises(PublishedFormChanged):
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
