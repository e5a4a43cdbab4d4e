"""What every test has."""

import os
import secrets
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import TransactionTestCase, override_settings
from hypothesis import HealthCheck, core
from hypothesis import settings as hypothesis

from tests import alone, emptied

alone.begin()

# The machine may be shared: speed is measured elsewhere.
_untimed = hypothesis(deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
hypothesis.register_profile("quick", _untimed, max_examples=100, stateful_step_count=30)
hypothesis.register_profile("thorough", _untimed, max_examples=10_000, stateful_step_count=60)
hypothesis.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


# One seed for the whole run, also where it is split over several processes.
_seed = os.environ.setdefault("HYPOTHESIS_SEED", str(secrets.randbits(32)))
core.global_force_seed = int(_seed)


def pytest_report_header() -> str:
    profile = hypothesis.get_current_profile_name()
    return f"hypothesis: profile {profile}, replay with HYPOTHESIS_SEED={_seed}"


def pytest_configure() -> None:
    """A password hash that is slow on purpose would be most of the time the tests take.

    The test server's threads end with each request; connections kept for them would pile up.
    """
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0
    TransactionTestCase._fixture_teardown = emptied.empty
    # A commit that nudges the worker must not leave files for a worker that nobody started.
    settings.CELERY_BROKER_URL = "memory://"
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Several processes begin with the files that take minutes: begun last, one would be waited for."""
    if getattr(config, "workerinput", None) is not None:
        items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True, scope="session")
def unhashed_static_files() -> Iterator[None]:
    """Pages render without `collectstatic`; the browser tests collect and serve the real ones."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES=settings.STORAGES | {"staticfiles": plain}):
        yield


@pytest.fixture(autouse=True, scope="session")
def ledger_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What tests revoke and erase is nothing to the machine that runs them."""
    with override_settings(HUXING_LEDGER=tmp_path_factory.mktemp("ledger") / "ledger.jsonl"):
        yield


@pytest.fixture(scope="module")
def cast(django_db_setup: None, django_db_blocker: Any) -> Iterator[Any]:
    """See `cast.py`. Made once for a module; what a test writes is its own to roll back."""
    from tests.cast import build

    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    files = override_settings(STORAGES=settings.STORAGES | {"default": memory})
    with files, django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)
