"""What is sent for claimed rows: words in the receiver's language and where they go, as of now."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings

from backend.accounts import queries as accounts
from backend.common import encrypted

from . import contacts, messages
from .channels import Letter
from .claims import Claim
from .models import Notice, Webhook
from .preferences import WEBHOOK


def letters(claims: Sequence[Claim], *, now: datetime) -> dict[UUID, Letter]:
    """By the claim's id. Left out is what can reach nobody any more: a person who left or has no
    address, a webhook that was closed. A number of statements that does not depend on how many."""
    notices = Notice.objects.in_bulk({claim.notice for claim in claims})
    places = messages.places((notice.kind, notice.values) for notice in notices.values())
    to_people = [claim for claim in claims if claim.channel != WEBHOOK]
    to_systems = [claim for claim in claims if claim.channel == WEBHOOK]
    return {
        **_to_people(to_people, notices, places, now),
        **_to_systems(to_systems, notices, places, now),
    }


def _to_people(
    claims: Sequence[Claim], notices: Mapping[UUID, Notice], places: Mapping[str, str],
    now: datetime,
) -> dict[UUID, Letter]:  # fmt: skip
    people = {claim.target for claim in claims}
    languages = accounts.languages(people) if people else {}
    addresses = contacts.addresses(languages)
    made = {}
    for claim in claims:
        address = addresses.get(claim.target, {}).get(claim.channel)
        if not address:
            continue
        notice = notices[claim.notice]
        words = messages.words(
            notice.kind, notice.values, language=languages[claim.target], places=places
        )
        made[claim.id] = Letter(
            key=claim.id, address=address, kind=notice.kind, title=words.title, text=words.text,
            link=absolute(words.link), at=now,
        )  # fmt: skip
    return made


def _to_systems(
    claims: Sequence[Claim], notices: Mapping[UUID, Notice], places: Mapping[str, str],
    now: datetime,
) -> dict[UUID, Letter]:  # fmt: skip
    hooks = {
        hook.id: hook
        for hook in Webhook.objects.filter(id__in={claim.target for claim in claims}, active=True)
    }
    secrets = encrypted.open_all({hook.id: bytes(hook.sealed) for hook in hooks.values()})
    return {
        claim.id: Letter(
            key=claim.id, address=hooks[claim.target].url, kind=notices[claim.notice].kind,
            secret=secrets[claim.target]["secret"], at=now,
            body=event(claim.id, notices[claim.notice], places),
        )
        for claim in claims
        if claim.target in secrets
    }  # fmt: skip


def event(key: UUID, notice: Notice, places: Mapping[str, str]) -> dict[str, Any]:
    """What a webhook is told; the same bytes at every try."""
    said = {
        language: messages.words(notice.kind, notice.values, language=language, places=places)
        for language in messages.LANGUAGES
    }
    return {
        "id": str(key),
        "kind": notice.kind,
        "at": notice.at.isoformat(),
        "county": notice.county,
        "critical": notice.critical,
        "subject": str(notice.subject) if notice.subject else None,
        "values": notice.values,
        "title": {language: words.title for language, words in said.items()},
        "text": {language: words.text for language, words in said.items()},
        "link": absolute(said["zh"].link),
    }


def absolute(link: str) -> str:
    """Empty where nobody has said where the pages are."""
    return f"{settings.HUXING_ADDRESS}{link}" if link and settings.HUXING_ADDRESS else ""
