"""Where a request comes from, as far as that can be believed."""

import ipaddress
import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from backend.common import encrypted

COOKIE = "huxing_browser"
_SALT = "accounts.browser"
# Days for which a browser stays known, and people who may be known in one.
KNOWN_DAYS, KNOWN_PEOPLE = 180, 20


def address(request: HttpRequest) -> str:
    """The client's address, or "" where nobody knows it.

    Each trusted proxy adds whom it heard to the end of `X-Forwarded-For`; what stands before those
    entries was said by the client itself and is not looked at.
    """
    proxies: int = settings.HUXING_TRUSTED_PROXIES
    heard = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    said = heard[-proxies] if 0 < proxies <= len(heard) else ""
    return _ip(said) or _ip(request.META.get("REMOTE_ADDR", ""))


def _ip(text: str) -> str:
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or ipaddress.IPv6Address(int(found))
    return str(found)


def network(address: str, *, digits: int) -> str:
    """Whoever has one IPv6 address has its whole network, of `digits` bits; an IPv4 address is one."""
    if ":" not in address:
        return address
    return str(ipaddress.ip_network((address, digits), strict=False))


def browser(request: HttpRequest) -> str:
    """What the browser calls itself, cut; shown to its owner only."""
    said = request.headers.get("user-agent", "")[:200]
    return "".join(character for character in said if character.isprintable())


def known(request: HttpRequest, account: str) -> str:
    """The id of this browser, when the account's owner has logged in with it; else ""."""
    id_, people = _read(request)
    return id_ if _person(account) in people else ""


def remember(request: HttpRequest, answer: HttpResponse, account: str) -> None:
    """Marks the browser as one with which the account's owner logs in."""
    id_, people = _read(request)
    mark = _person(account)
    kept = [*(person for person in people if person != mark), mark][-KNOWN_PEOPLE:]
    marked = signing.dumps([id_ or secrets.token_urlsafe(12), kept], salt=_SALT)
    answer.set_cookie(
        COOKIE, marked, max_age=KNOWN_DAYS * 86_400, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax",
    )  # fmt: skip


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    try:
        id_, people = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=KNOWN_DAYS * 86_400
        )
    except (signing.BadSignature, ValueError):
        return "", []
    return id_, people


def _person(account: str) -> str:
    return encrypted.keyed_hash("login.browser", account)[:22]
