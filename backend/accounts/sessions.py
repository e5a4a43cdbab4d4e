"""Sessions of browsers in the database, by a hash of the key that the cookie holds."""

import hashlib
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from backend.common import clock

from . import client

# A session's row is written at most so often for being looked at.
SEEN_EVERY = timedelta(minutes=5)
_MADE, _ADDRESS, _BROWSER = "made_at", "address", "browser"


def digest(session_key: str) -> str:
    return hashlib.sha256(session_key.encode()).hexdigest()


def running(now: datetime) -> Q:
    """Sessions that count. One that ends later than any can was made by a clock that was ahead."""
    longest = now + timedelta(seconds=settings.SESSION_COOKIE_AGE) + SEEN_EVERY
    return Q(expire_date__gt=now, expire_date__lte=longest)


def running_tokens(now: datetime) -> Q:
    """The same of the office's tokens; a phone's has no end."""
    return Q(expiry__gt=now, expiry__lte=longest_token(now))


def longest_token(now: datetime) -> datetime:
    end: datetime = now + settings.TOKEN_TTL + SEEN_EVERY
    return end


def begun(request: HttpRequest) -> None:
    """Notes in a new session when and where it was made."""
    request.session[_MADE] = clock.now().isoformat()
    request.session[_ADDRESS] = client.address(request)
    request.session[_BROWSER] = client.browser(request)


class SessionStore(db.SessionStore):
    """Django's, except that the table never holds a key that opens anything."""

    @classmethod
    def get_model_class(cls) -> Any:
        from .models import WebSession

        return WebSession

    def _get_session_from_db(self) -> Any:
        now = clock.now()
        rows: QuerySet[Any] = self.get_model_class().objects.filter(running(now))
        row = rows.filter(session_key=digest(self.session_key or "")).first()
        if row is None:
            self._session_key = None
        elif not row.seen_at <= now < row.seen_at + SEEN_EVERY:
            rows.filter(session_key=row.session_key).update(seen_at=now)
        return row

    def exists(self, session_key: str) -> bool:
        return super().exists(digest(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        made: Any = super().create_model_instance(data)
        made.session_key = digest(made.session_key)
        made.person_id = UUID(data[SESSION_KEY]) if SESSION_KEY in data else None
        made.made_at = datetime.fromisoformat(data[_MADE]) if _MADE in data else clock.now()
        made.seen_at = clock.now()
        made.address, made.browser = data.get(_ADDRESS, ""), data.get(_BROWSER, "")
        return made

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            self.model.objects.filter(session_key=digest(key)).delete()
