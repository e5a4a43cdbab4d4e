"""E-mail by SMTP. The Message-ID derives from the key and stays the same over repetitions."""

import contextlib
import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from django.conf import settings

from .outcome import DELIVERED, Letter, Outcome

SECONDS = 15.0


def message(letter: Letter) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = (
        settings.HUXING_MAIL_FROM, letter.address, letter.title,
    )  # fmt: skip
    mail["Date"] = format_datetime(letter.at)
    domain = settings.HUXING_MAIL_FROM.rpartition("@")[2].rstrip(">")
    mail["Message-ID"] = f"<{letter.key}@{domain}>"
    mail["Idempotency-Key"] = str(letter.key)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.text + (f"\n\n{letter.link}\n" if letter.link else "\n"))
    return mail


def send(letter: Letter) -> Outcome:
    assert settings.HUXING_SMTP, "a channel that is off is not asked"
    try:
        server = _connected(settings.HUXING_SMTP)
    except smtplib.SMTPAuthenticationError:
        # Our own log-in, not the message: it is put right by the operator, and then goes out.
        return Outcome(code="smtp.login")
    except smtplib.SMTPResponseException as error:
        return Outcome(code=f"smtp.{error.smtp_code}")
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(code=_unreached(error))
    try:
        return _handed_over(server, message(letter))
    finally:
        # What the server has taken it has taken, whatever becomes of the farewell.
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.quit()


def _connected(to: dict[str, Any]) -> smtplib.SMTP:
    """Raises what `smtplib` raises."""
    context = ssl.create_default_context()
    server: smtplib.SMTP
    if to["tls"] == "always":
        server = smtplib.SMTP_SSL(to["host"], to["port"], timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(to["host"], to["port"], timeout=SECONDS)
    try:
        if to["tls"] == "start":
            server.starttls(context=context)
        if to["user"]:
            server.login(to["user"], to["password"])
    except BaseException:
        server.close()
        raise
    return server


def _handed_over(server: smtplib.SMTP, mail: EmailMessage) -> Outcome:
    try:
        server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        (status, _), *_ = error.recipients.values()
        return Outcome(code=f"smtp.{status}", final=status >= 500)
    except smtplib.SMTPSenderRefused as error:
        return Outcome(code=f"smtp.{error.smtp_code}")  # of our own making, like a log-in
    except smtplib.SMTPResponseException as error:
        return Outcome(code=f"smtp.{error.smtp_code}", final=error.smtp_code >= 500)
    except (OSError, smtplib.SMTPException) as error:
        return Outcome(code=_unreached(error))
    return DELIVERED


def _unreached(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError):
        return "tls"
    return "refused" if isinstance(error, ConnectionRefusedError) else "cut"
