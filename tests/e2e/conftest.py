"""A browser and the office as it is served: hashed static files, the strict policy, no debug."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import override_settings
from django.test.testcases import LiveServerThread

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is. Without one these tests are skipped on a desk and fail in CI."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        said = "No Chromium: run `sh deploy/browser.sh` as root on Debian, or install one."
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    return found


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread, in which Django would refuse to use its tables.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        sandbox = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        started = playwright.chromium.launch(executable_path=chromium, args=sandbox)
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("static")


@pytest.fixture
def office_address(transactional_db: None, static_root: Path) -> Iterator[str]:
    """The project's own WSGI stack on a port, with collected static files behind whitenoise."""
    from backend.config import settings as written

    with override_settings(STORAGES=written.STORAGES, STATIC_ROOT=str(static_root)):
        if not any(static_root.iterdir()):
            call_command("collectstatic", interactive=False, verbosity=0)
        server = LiveServerThread("127.0.0.1", static_handler=lambda served: served)
        server.daemon = True
        server.start()
        server.is_ready.wait()
        if server.error:
            raise server.error
        yield f"http://127.0.0.1:{server.port}"
        server.terminate()


@pytest.fixture
def desk(browser: Any, office_address: str) -> Iterator[Any]:
    """Opens pages, one for each officer. Anything a page complains of fails the test."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def sit_down(*, width: int = 1280, height: int = 860, language: str = "zh-CN") -> Any:
        context = browser.new_context(
            base_url=office_address, locale=language, viewport={"width": width, "height": height}
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("console", lambda said: _note(said, complaints))
        page.on("requestfailed", failed)
        return page

    def failed(asked: Any) -> None:
        # A page that is left or closed lets go of what it was still fetching.
        if asked.failure != "net::ERR_ABORTED":
            complaints.append(f"failed: {asked.url}")

    yield sit_down
    for context in contexts:
        context.close()
    assert complaints == []


def _note(said: Any, complaints: list[str]) -> None:
    """A refused step is answered with 409, which the browser reports on its own."""
    if said.type in ("error", "warning") and "409 (Conflict)" not in said.text:
        complaints.append(f"{said.type}: {said.text}")
