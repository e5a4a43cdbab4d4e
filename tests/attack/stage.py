"""A demo of its own with the cast of the tests beside its people, and this process set up to look into it."""

import contextlib
import json
import os
import secrets
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from deploy import environment
from deploy.postgres import database_of_its_own
from deploy.stack import any_port
from tests.bench.surroundings import disconnect, django
from tests.demos import Demo, masters
from tests.receivers import HttpReceiver, receiving

if TYPE_CHECKING:
    from tests.cast import Cast, Member


@dataclass
class Stage:
    """The demo in `data` at `address`; `gateway` is where its text messages go."""

    data: Path
    address: str
    gateway: HttpReceiver
    cast: "Cast"
    # The demo's own people, each with the member of the cast who is let in as she is.
    others: dict[str, tuple["Member", str]]
    password: str
    # What the demo has printed.
    said: list[str]
    began: float = field(default_factory=time.monotonic)
    seconds: float = 600.0

    def left(self) -> float:
        return self.began + self.seconds - time.monotonic()

    def over_after(self, share: float) -> Callable[[], bool]:
        """Says when so much of what is left now has gone by."""
        until = time.monotonic() + share * self.left()
        return lambda: time.monotonic() > until

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Worker and beat hold still, so that what the tables say is what the calls have done."""
        held = [
            process
            for name in ("worker", "beat")
            for master in [masters(self.data)[name]]
            for process in [*master.children(recursive=True), master]
        ]
        for process in held:
            process.suspend()
        try:
            yield
        finally:
            for process in held:
                with contextlib.suppress(psutil.NoSuchProcess):
                    process.resume()


# Of the demo's people those whose county alone says what is foreign to them.
LIKE = {
    "admin": "administrator", "officer": "officer", "lead": "lead", "auditor": "auditor",
    "township": "township", "admin2": "far_administrator", "neighbour": "far_officer",
}  # fmt: skip


@contextmanager
def demo(seconds: float, say: Callable[[str], None]) -> Iterator[Stage]:
    """Empty, on the server of DATABASE_URL or its embedded one, on a free port; gone at the end."""
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        data = (
            Path(
                stack.enter_context(
                    tempfile.TemporaryDirectory(prefix="huxing-", ignore_cleanup_errors=True)
                )
            )
            / "data"
        )
        data.mkdir(mode=0o700)
        gateway = stack.enter_context(receiving())
        more = {"HUXING_SMS_URL": f"{gateway.address}/sms"}
        if server := os.environ.get("DATABASE_URL"):
            more["DATABASE_URL"] = stack.enter_context(database_of_its_own(server))
        started = Demo(data, "--small", "--port", str(any_port()), **more)
        stack.callback(_stop, started)
        address = started.address()
        started.heard(lambda line: line.startswith("Ctrl-C stops everything"))
        say(f"a demo answers at {address} after {time.monotonic() - began:.0f} s")
        stage = furnished(data, address, gateway, began, seconds)
        stage.said = started.said
        yield stage


def furnished(
    data: Path, address: str, gateway: HttpReceiver, began: float, seconds: float
) -> Stage:
    """Builds the cast into a running demo's database, with its keys, and logs its people in."""
    url = json.loads((data / "running.json").read_text())["database_url"]
    os.environ.pop("DATABASE_URL", None)
    os.environ |= environment.kept(data, url) | {"HUXING_LOG_LEVEL": "ERROR"}
    os.environ |= {"HUXING_SMS_URL": f"{gateway.address}/sms", "HUXING_ALLOWED_HOSTS": "testserver"}
    django()
    from backend.duty.models import Shift
    from tests.cast import build

    from .wire import logged_in

    Shift.objects.all().delete()  # the cast's officers are on call instead of the demo's
    # Letters, because a name's digits may be told to be wrong.
    cast = build("".join(secrets.choice("甲子乙丑丙寅丁卯戊辰己巳庚午辛未") for _ in range(6)))
    password = os.environ["HUXING_DEMO_PASSWORD"]
    others = {
        f"demo:{username}": (logged_in(address, f"demo:{username}", username, password), like)
        for username, like in LIKE.items()
    }
    return Stage(data, address, gateway, cast, others, password, [], began, seconds)


def _stop(started: Demo) -> None:
    disconnect()
    if started.process.poll() is None:
        started.stop()
