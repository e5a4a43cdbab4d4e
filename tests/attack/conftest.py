"""The cast as others see it: committed, because a phone's page is read in a transaction of its own."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.test import override_settings

from tests.cast import Cast, build


@pytest.fixture
def committed(transactional_db: None) -> Iterator[Cast]:
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    with override_settings(STORAGES=settings.STORAGES | {"default": memory}):
        yield build()
