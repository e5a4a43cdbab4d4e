"""One HTTP request, bounded in time, to an address that was looked at first."""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from .addresses import is_public

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
# However slowly the other end dribbles its answer.
ALL_SECONDS = 20.0
ANSWER_BYTES = 4096
# Of the addresses that a name has, how many are tried.
_ADDRESSES = 3


class Unreached(Exception):
    """No answer. `code` says why; `final` where trying again cannot help."""

    def __init__(self, code: str, *, final: bool = False) -> None:
        super().__init__(code)
        self.code, self.final = code, final


@dataclass(frozen=True, slots=True)
class Answer:
    """`after` are the seconds that a `Retry-After` asks for; `text` the beginning of the body."""

    status: int
    after: int | None
    text: str


class _Line(http.client.HTTPConnection):
    """Goes to one of the addresses that were looked at; a certificate must be the host's own."""

    def __init__(
        self, to: SplitResult, addresses: list[str], context: ssl.SSLContext | None, *, private: bool
    ) -> None:  # fmt: skip
        self.default_port = 443 if context else 80  # what the Host header may leave out
        super().__init__(to.hostname or "", to.port or self.default_port)
        self._addresses, self._context, self._private = addresses, context, private

    def connect(self) -> None:
        line = self._reach()
        # What lies between may lead elsewhere: the address that counts is the one at the other end.
        if not self._private and not is_public(str(line.getpeername()[0])):
            line.close()
            raise Unreached("address", final=True)
        # TLS is spoken within the time for connecting, and the watchdog can cut it off.
        self.sock = line
        if self._context:
            self.sock = self._context.wrap_socket(line, server_hostname=self.host)
        self.sock.settimeout(READ_SECONDS)

    def _reach(self) -> socket.socket:
        for address in self._addresses[:-1]:
            try:
                return socket.create_connection((address, self.port), CONNECT_SECONDS)
            except OSError:
                continue
        return socket.create_connection((self._addresses[-1], self.port), CONNECT_SECONDS)


def request(
    method: str, url: str, *, headers: Mapping[str, str], body: bytes | None, private: bool
) -> Answer:
    """The answer, whatever its status; redirects are not followed. Raises `Unreached`.

    Unless `private`, the address must be one of the public network and speak TLS. The connection
    goes to the very address that was checked, so that a name which changes meanwhile gains nothing.
    """
    to = checked_address(url, private=private)
    addresses = _looked_up(to, private=private)
    context = ssl.create_default_context() if to.scheme == "https" else None
    line = _Line(to, addresses, context, private=private)
    cut = threading.Event()
    watchdog = threading.Timer(ALL_SECONDS, _cut_off, (line, cut))
    watchdog.daemon = True
    watchdog.start()
    try:
        path = (to.path or "/") + (f"?{to.query}" if to.query else "")
        line.request(method, path, body=body, headers=dict(headers))
        said = line.getresponse()
        text = said.read(ANSWER_BYTES).decode("utf-8", "replace")
        if cut.is_set():  # the half that was read looks like a whole
            raise Unreached("timeout")
        return Answer(said.status, _seconds(said.headers.get("Retry-After")), text)
    except TimeoutError as error:
        raise Unreached("timeout") from error
    except ssl.SSLError as error:
        raise Unreached("timeout" if cut.is_set() else "tls") from error
    except (OSError, http.client.HTTPException) as error:
        refused = isinstance(error, ConnectionRefusedError)
        code = "timeout" if cut.is_set() else "refused" if refused else "cut"
        raise Unreached(code) from error
    finally:
        watchdog.cancel()
        line.close()


def _cut_off(line: _Line, cut: threading.Event) -> None:
    cut.set()
    if line.sock is not None:
        try:
            line.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # closed in the same moment


def checked_address(url: str, *, private: bool) -> SplitResult:
    """What an address says by itself. Raises `Unreached`."""
    try:
        to = urlsplit(url)
        whole = to.hostname and to.scheme in {"http", "https"} and (to.port or 1) > 0
        whole = whole and url.isascii() and url.isprintable() and " " not in url and not to.username
    except ValueError:
        whole = False
    if not whole or (to.scheme == "http" and not private):
        raise Unreached("address", final=True)
    if not private and _is_private(to.hostname or ""):
        raise Unreached("address", final=True)
    return to


def _is_private(host: str) -> bool:
    """Of an address in numbers; a name may lead anywhere."""
    try:
        return not is_public(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))


def _looked_up(to: SplitResult, *, private: bool) -> list[str]:
    assert to.hostname
    try:
        found = socket.getaddrinfo(to.hostname, to.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreached("name") from error
    addresses = list(dict.fromkeys(str(item[4][0]) for item in found))[:_ADDRESSES]
    if not private and not all(is_public(address) for address in addresses):
        raise Unreached("address", final=True)
    return addresses


def _seconds(said: str | None) -> int | None:
    """A date is left aside: our own back-off will do."""
    return int(said) if said and said.isdecimal() and len(said) < 9 else None
