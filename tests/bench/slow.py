"""What slow and many clients cost the office: `python -m tests.bench.slow`. Starts what it needs, prints, stops it.

An officer opens the queue again and again: first alone, then while clients send a head, a body or a chunk
and take an answer byte by byte, and others log in, all of them anew as soon as they are turned away. Exits 1
if the slowest pages (p95) then take more than five times what they took alone.
"""

import argparse
import contextlib
import http.client
import json
import secrets
import socket
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from .surroundings import Server, fresh_database, server

ALLOWED = 5.0
PAGE = "/office/queue/"
READ = "/static/console/vendor/bootstrap.min.css"
DRIP = 1.0  # seconds between two bytes of a slow client
KINDS = ("head", "body", "chunk", "reader")
_HEAD = "Host: 127.0.0.1\r\n"


@dataclass
class Crowd:
    """Clients that go on until it is over; `answers` counts what they were told."""

    where: tuple[str, int]
    over: threading.Event = field(default_factory=threading.Event)
    answers: Counter[str] = field(default_factory=Counter)

    def slow(self, kind: str) -> None:
        """One line at a time, byte by byte."""
        while not self.over.is_set():
            with contextlib.suppress(OSError), socket.socket() as line:
                line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
                line.settimeout(DRIP)
                line.connect(self.where)
                self._drip(line, kind)
            self.answers[f"slow {kind}: line over"] += 1

    def _drip(self, line: socket.socket, kind: str) -> None:
        if kind == "reader":
            line.sendall(f"GET {READ} HTTP/1.1\r\n{_HEAD}\r\n".encode())
        elif kind == "body":
            line.sendall(f"POST /login/ HTTP/1.1\r\n{_HEAD}Content-Length: 9000\r\n\r\n".encode())
        elif kind == "chunk":
            chunked = "Transfer-Encoding: chunked\r\n\r\n2000\r\n"  # its size, in hexadecimal
            line.sendall(f"POST {PAGE} HTTP/1.1\r\n{_HEAD}{chunked}".encode())
        else:
            line.sendall(f"GET {PAGE} HTTP/1.1\r\n".encode())
        while not self.over.wait(DRIP):
            if kind == "reader":
                if not line.recv(16):
                    return
            else:
                line.sendall(b"x")

    def log_in(self, _: str) -> None:
        while not self.over.is_set():
            # Each another name, which nobody has: one of one name would soon be refused unhashed.
            name = f"nobody-{secrets.token_hex(4)}"
            body = json.dumps({"username": name, "password": "no such password"})
            with contextlib.suppress(OSError, http.client.HTTPException):
                line = http.client.HTTPConnection(*self.where, timeout=60)
                line.request(
                    "POST", "/api/v1/auth/login", body, {"Content-Type": "application/json"}
                )
                self.answers[f"log-in: {line.getresponse().status}"] += 1
                line.close()


@contextmanager
def crowded(address: str, *, slow: int, log_ins: int) -> Iterator[Crowd]:
    """Heads, bodies, chunks and readers, a quarter each."""
    parts = urlsplit(address)
    crowd = Crowd((parts.hostname or "", parts.port or 80))
    jobs: list[tuple[Callable[[str], None], str]] = [
        *((crowd.slow, KINDS[number % len(KINDS)]) for number in range(slow)),
        *((crowd.log_in, "") for _ in range(log_ins)),
    ]
    threads = [threading.Thread(target=job, args=(kind,), daemon=True) for job, kind in jobs]
    for thread in threads:
        thread.start()
    time.sleep(2 * DRIP)
    try:
        yield crowd
    finally:
        crowd.over.set()
        for thread in threads:
            thread.join()


def main() -> None:
    given = _arguments()
    with fresh_database() as url, server(url, workers=given.workers) as running:
        cookie = _officer()
        _pages(running, cookie, 10)
        idle = _pages(running, cookie, given.pages)
        with crowded(running.address, slow=given.slow, log_ins=given.log_ins) as crowd:
            among = _pages(running, cookie, given.pages)
        after = _pages(running, cookie, given.pages)
    for name, times in (("alone", idle), ("among them", among), ("afterwards", after)):
        print(
            f"{name:12} median {statistics.median(times) * 1000:6.0f} ms  p95 {_p95(times) * 1000:6.0f} ms"
        )
    for told, number in sorted(crowd.answers.items()):
        print(f"  {told}: {number}")
    ratio = _p95(among) / _p95(idle)
    print(
        f"p95 among {given.slow} slow clients and {given.log_ins} log-ins: {ratio:.1f} times (allowed: {ALLOWED:.0f})"
    )
    if ratio > ALLOWED:
        sys.exit(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.slow", description=__doc__)
    parser.add_argument("--slow", type=int, default=200)
    parser.add_argument("--log-ins", type=int, default=40)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--workers", type=int, default=2)
    return parser.parse_args()


def _officer() -> str:
    """The cookie of an officer who is logged in."""
    import datetime as dt

    from django.conf import settings
    from django.test import Client

    from backend.accounts import services
    from backend.accounts.models import Person

    now = dt.datetime.now(dt.UTC)
    person = services.person_create(
        username="officer", name="吴主任", phone="13900000000", password=None, actor=None, now=now
    )
    services.role_grant(
        person=person.id, role="county_officer", prefixes=["522630"], starts_on=now.date(),
        actor=None, now=now,
    )  # fmt: skip
    client = Client()
    client.force_login(Person.objects.get(pk=person.id), settings.AUTHENTICATION_BACKENDS[-1])
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


def _pages(running: Server, cookie: str, number: int) -> list[float]:
    """Seconds each, one after the other, each on a line of its own. Ends the run if one is refused."""
    found = []
    for _ in range(number):
        line = http.client.HTTPConnection(urlsplit(running.address).netloc, timeout=60)
        began = time.perf_counter()
        line.request("GET", PAGE, headers={"Cookie": cookie})
        answer = line.getresponse()
        answer.read()
        found.append(time.perf_counter() - began)
        line.close()
        if answer.status != 200:
            sys.exit(f"the officer's page was answered {answer.status}")
    return found


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    main()
