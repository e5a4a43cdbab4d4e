"""Registers every record type with sync and gives sync what it needs of this project."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from rest_framework.request import Request

from backend.accounts import confirming, news
from backend.accounts import queries as accounts
from backend.accounts import services as phones
from backend.attachments import queries as attachments
from backend.caseload import exposure, openings
from backend.caseload import queries as caseload
from backend.caseload.record import RECORD_TYPES as CASELOAD
from backend.caseload.roster import as_tasks as roster
from backend.children import queries as children
from backend.children.record import RECORD_TYPES as CHILDREN
from backend.common import clock, encrypted, ledger, outbox_keys
from backend.concerns import answerable, rulesets, variants
from backend.concerns.editions import numbers as unreachable
from backend.concerns.record import RECORD_TYPES as CONCERNS
from backend.dossier import as_tasks as dossiers
from backend.dossier.record import RECORD_TYPES as DOSSIER
from backend.erasure import services as erasure
from backend.erasure.record import RECORD_TYPES as ERASURE
from backend.guardianship.record import RECORD_TYPES as GUARDIANSHIP
from backend.notifications import services as notifications
from backend.referrals import directory, phone_book
from backend.referrals.record import RECORD_TYPES as REFERRALS
from backend.regions import codes
from backend.rights import as_tasks as rights
from backend.tasks import kinds as tasks
from backend.tasks import people
from backend.visits.record import RECORD_TYPES as VISITS
from fieldforms import facts, sealing, suspects, vocabulary, wording
from fieldforms import queries as forms
from sync import ports, review
from sync.entries import Entry
from sync.recovered import RECOVERED
from sync.registry import registry
from sync.uploads.losses import LOSS

from . import reactions

# A village supervisor works with her caseload alone.
WHOLE_AREA = ("township_supervisor", "county_officer", "county_lead", "administrator")
FIELD = ("village_supervisor", "township_supervisor")


def install() -> None:
    """Called once, when the apps are ready."""
    registry.clear()
    ours = (
        *CHILDREN, *VISITS, *CONCERNS, *REFERRALS, *GUARDIANSHIP, *DOSSIER, *CASELOAD, *ERASURE,
    )  # fmt: skip
    for record_type in (*ours, review.REVIEW, RECOVERED, LOSS):
        registry.register(record_type)
    tasks.install(*people.KINDS, *roster.KINDS, *dossiers.KINDS, *rights.KINDS)
    unreachable.install(phone_book.reachable)
    news.install(tell)
    confirming.install([*phones.CONFIRMED, openings.KIND, erasure.KIND])
    ports.install(
        ports.Ports(
            keys=encrypted.keys,
            react=reactions.react,
            kept=reactions.not_applied,
            unjudged=reactions.unjudged,
            files_of=files_of,
            sender_of=sender_of,
            config=config,
            on_sent=exposure.record_sent,
            outbox=outbox_keys.OutboxKeys(),
            on_done=phones.orders_done,
            destroy_keys=encrypted.destroy,
            witness=witness,
            sealed=is_sealed,
            on_fetched=attachments.record_sent,
            sender_of_device=sender_of_device,
            covers=covers,
            oversees=oversees,
            colleagues=colleagues,
            blind=blind,
        )
    )


def tell(said: Sequence[news.News], now: datetime) -> None:
    """What accounts has to say to people. A new phone and what two people decide wait for no morning."""
    notices = [
        notifications.Notice(
            key=one.key, person=person, kind=one.kind, values=one.values, critical=one.critical,
            county=one.county, subject=one.subject,
        )
        for one in said
        for person in sorted(one.people)
    ]  # fmt: skip
    notifications.enqueue(notices, now=now)


def files_of(devices: Sequence[UUID]) -> Mapping[UUID, Mapping[UUID, str]]:
    """A supervisor's caseload, and what a township's supervisor has to visit."""
    return caseload.files_of_devices(devices, escalated=answerable.escalated, now=clock.now())


def covers(
    pairs: Collection[tuple[UUID, UUID]], roles: Collection[str] = vocabulary.codes("role")
) -> set[tuple[UUID, UUID]]:
    """Whose area the files' children and households live in, by the roles of today; three statements."""
    grants = accounts.grants({person for person, _ in pairs}, on=clock.today())
    lives = children.divisions_of_files({file for _, file in pairs})
    return {
        (person, file)
        for person, file in pairs
        if file in lives
        and any(role in roles and codes.covers(held, lives[file]) for role, held in grants[person])
    }


def oversees(pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """The same of those who work with every child of their area, on a phone too."""
    return covers(pairs, WHOLE_AREA)


def colleagues(pairs: Collection[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Phones of one person, of one village, or of a village and its township; two statements."""
    people = accounts.people_of_each({device for pair in pairs for device in pair})
    grants = accounts.grants({one for own in people.values() for one in own}, on=clock.today())
    areas = {
        device: {p for one in own for role, held in grants[one] if role in FIELD for p in held}
        for device, own in people.items()
    }
    return {
        (one, other)
        for one, other in pairs
        if people[one] & people[other]
        or any(
            codes.covers([a], b) or codes.covers([b], a) for a in areas[one] for b in areas[other]
        )
    }


def blind(name: str) -> str:
    """Of a kind that no record type has: somebody may have written words there."""
    return f"{encrypted.index_token('sync.name', name) & (1 << 64) - 1:016x}"


def is_sealed(entry: Entry) -> bool:
    """Whether photographs taken with it are for the county's named people alone: what belongs into the
    sealed part, and what accuses somebody in the reporting chain."""
    return sealing.belongs_sealed(entry.data) or bool(suspects.skipped(entry.data))


def witness(incarnation: UUID, reason: str, now: datetime) -> None:
    """A restore that is itself undone by an older backup must still be known to have been."""
    detail = {"reason": reason}
    ledger.record(ledger.Fact(kind="incarnation", subject=incarnation, at=now, detail=detail))


def config(sender: ports.Sender) -> dict[str, Any]:
    """What a phone has to know: forms to fill in and how they word their questions, rules to judge by
    with what its county set on top of them, whom to call, and how long it may go without a contact
    before it closes its files. All of it is there when there is no signal."""
    in_force = forms.in_force()
    always = {
        "forms": in_force,
        "questions": wording.labels(in_force, of=facts.forms()),
        "lease": {"days": lease_days(sender.shard)},
        **numbers(sender.areas),
    }
    try:
        rules = rulesets.current()
    except rulesets.NoRules:
        return always
    local = variants.cards(sender.shard)
    known = {
        "version": rules.version, "sha256": rules.sha256, "content": rules.documents, "local": local,
    }  # fmt: skip
    return {**always, "rules": known}


def numbers(areas: Collection[str]) -> dict[str, Any]:
    """Offices, which a locked phone shows too, and apart from them the people's own numbers."""
    rows = directory.callable_in({area[:6] for area in areas})
    own = phone_book.Persons(areas, now=clock.now()).of(areas)
    return {
        "directory": [*directory.hotlines(), *map(directory.line_of, rows)],
        "duty": phone_book.offices(areas, rows),
        "people": ports.Personal(own),
    }


def areas_of(grants: Collection[tuple[str, list[str]]]) -> tuple[str, ...]:
    """Where a phone's people work in the field; of others' phones where they work at all."""
    own = {prefix for role, held in grants for prefix in held if role in FIELD}
    every = own or {prefix for _, held in grants for prefix in held}
    return tuple(sorted(area for area in every if codes.is_well_formed(area) and len(area) >= 6))


def lease_days(county: str) -> int:
    """A county's own number, or everybody's."""
    days: int = settings.HUXING_LEASE_DAYS_BY_COUNTY.get(county, settings.HUXING_LEASE_DAYS)
    return days


def sender_of(request: Request) -> ports.Sender:
    """The phone a request comes from; the shard of a stub is the county its people work in."""
    token: Any = request.auth
    return _sender(token.device)


def sender_of_device(device: UUID) -> ports.Sender | None:
    found = accounts.device(device)
    return _sender(found) if found else None


def _sender(device: Any) -> ports.Sender:
    people = accounts.people_of(device.id)
    grants = accounts.grants(people, on=clock.today())
    prefixes = sorted({p for own in grants.values() for _, held in own for p in held})
    return ports.Sender(
        device=device.id,
        people=people,
        shard=prefixes[0][:6] if prefixes else "",
        revoked=device.revoked_at is not None,
        scope_hash=_scope_hash(prefixes, grants),
        orders=tuple(ports.Order(id_, do) for id_, do in accounts.open_orders(device.id)),
        areas=areas_of([grant for own in grants.values() for grant in own]),
    )


def _scope_hash(prefixes: Sequence[str], grants: accounts.Grants) -> str:
    """Another one means a fresh load: also on the day on which a township's role begins or ends, since
    the files of that role are no caseload that somebody would take back."""
    townships = {
        f"{person}:{prefix}"
        for person, own in grants.items()
        for role, held in own
        if role in caseload.TOWNSHIP
        for prefix in held
    }
    return hashlib.sha256(",".join([*prefixes, *sorted(townships)]).encode()).hexdigest()[:16]
