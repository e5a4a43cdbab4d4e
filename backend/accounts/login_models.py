"""Log-ins as they are kept: sessions of browsers, second factors, and how often somebody failed."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django_otp.models import Device as Factor
from django_otp.models import TimestampMixin
from django_otp.oath import TOTP

from backend.common import clock, encrypted

# Seconds a code of the app counts, and how many of them a telephone's clock may be off.
STEP, TOLERANCE = 30, 1
_ABOUT = b"totp"


class WebSession(AbstractBaseSession):
    """A browser's log-in. `session_key` is the SHA-256 of what the cookie holds, so that a copy of
    the table opens nothing; whose it is and where it was made stand beside it to be listed."""

    session_key = models.CharField(max_length=64, primary_key=True)
    person = models.ForeignKey(
        "accounts.Person", on_delete=models.CASCADE, null=True, related_name="web_sessions"
    )
    made_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()
    address = models.TextField(default="")
    browser = models.TextField(default="")

    @classmethod
    def get_session_store_class(cls) -> Any:
        from .sessions import SessionStore

        return SessionStore


class TotpDevice(TimestampMixin, Factor):
    """An app that shows a new code every 30 seconds (RFC 6238). django-otp's own model keeps the
    secret in clear; here it is sealed under the person's key."""

    sealed = models.BinaryField()
    last_t = models.BigIntegerField(default=-1)
    drift = models.SmallIntegerField(default=0)

    @property
    def secret(self) -> bytes:
        return encrypted.key(self.user_id).open(self.sealed, _ABOUT)

    @secret.setter
    def secret(self, value: bytes) -> None:
        self.sealed = encrypted.key(self.user_id, create=True).seal(value, _ABOUT)

    def verify_token(self, token: str) -> bool:
        """Whether it is a code of now that was not used before. In a transaction that holds the row."""
        if len(token) != 6 or not (token.isascii() and token.isdecimal()):
            return False
        totp = TOTP(self.secret, step=STEP, digits=6, drift=self.drift)
        totp.time = clock.now().timestamp()
        # A last use that lies in the future is of a clock that came back: it must not shut anybody out.
        used = self.last_t if self.last_t <= totp.t() + TOLERANCE else -1
        if not totp.verify(int(token), TOLERANCE, min_t=used + 1):
            return False
        self.last_t, self.drift = totp.t(), totp.drift
        self.set_last_used_timestamp(commit=False)
        self.save(update_fields=["last_t", "drift", "last_used_at"])
        return True


class RecoveryCodes(TimestampMixin, Factor):
    """Codes on paper, each for one log-in: keyed hashes of those that are left."""

    digests = ArrayField(models.TextField(), default=list)

    def verify_token(self, token: str) -> bool:
        """Whether it is one of them; it is used up. In a transaction that holds the row."""
        digest = recovery_digest(token)
        if digest not in self.digests:
            return False
        self.digests.remove(digest)
        self.set_last_used_timestamp(commit=False)
        self.save(update_fields=["digests", "last_used_at"])
        return True


def recovery_digest(code: str) -> str:
    return encrypted.keyed_hash("recovery.code", "".join(code.split()).replace("-", "").upper())


class Tries(models.Model):
    """Failures that count against a log-in. `key` is a keyed hash of who and from where (limits.py)."""

    key = models.TextField(primary_key=True)
    failures = models.IntegerField()
    last_at = models.DateTimeField()
