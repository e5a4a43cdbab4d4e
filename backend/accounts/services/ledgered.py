"""What the ledger says of people and phones, carried out again in a database that has forgotten it."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Greatest
from django.utils import timezone

from backend.audit import services as audit
from backend.common.ledger import Fact
from sync import holdings

from .. import queries
from ..models import (
    OPEN_STATES,
    AccessToken,
    Confirmation,
    Device,
    DeviceOrder,
    EnrolmentCode,
    Person,
    RoleGrant,
    WebSession,
)
from . import area
from .confirmations import LEDGER_KIND as CLOSED
from .people import account_close

REASON = "按台账恢复 restored from the ledger"


def revoke(fact: Fact) -> None:
    changed = Device.objects.filter(id=fact.subject, revoked_at=None).update(
        revoked_at=fact.at, revoked_reason=REASON
    )
    if changed:
        people = queries.people_of(fact.subject)
        audit.record(
            actor=fact.by, action="device.revoke", subject=fact.subject, now=fact.at,
            subject_type="device", device=fact.subject, detail={"replayed": True},
            county=area.county_of_person(min(people), fact.at) if people else "",
        )  # fmt: skip


def deactivate(fact: Fact) -> None:
    account_close(person=fact.subject, actor=fact.by, at=fact.at)


def end_role(fact: Fact) -> None:
    """By what was granted, not by the row's number: a restored database counts anew."""
    said = fact.detail
    starts_on = date.fromisoformat(said["starts_on"])
    open_rows = RoleGrant.objects.filter(
        queries.unended(timezone.localdate(fact.at)), person=fact.subject, role=said["role"],
        prefixes=said["prefixes"], starts_on=starts_on,
    )  # fmt: skip
    if said["ends_on"]:
        ended = open_rows.update(ends_on=date.fromisoformat(said["ends_on"]))
    else:
        today = timezone.localdate(fact.at)
        ended = open_rows.update(ended_at=fact.at, ends_on=Greatest("starts_on", today))
    if ended:
        holdings.reconcile(queries.devices_of([fact.subject]))
        detail = {"role": said["role"], "prefixes": said["prefixes"], "replayed": True}
        audit.record(
            actor=fact.by, action="role.end", subject=fact.subject, now=fact.at,
            subject_type="person", county=area.county(said["prefixes"]), detail=detail,
        )  # fmt: skip


def order(fact: Fact) -> None:
    """A lost phone is still to be wiped; whoever is not known any more gave the order in its people's name."""
    people = queries.people_of(fact.subject)
    if not people:
        return
    known = fact.by is not None and Person.objects.filter(id=fact.by).exists()
    giver = fact.by if fact.by is not None and known else min(people)
    DeviceOrder.objects.bulk_create(
        [
            DeviceOrder(
                id=UUID(fact.detail["order"]), device_id=fact.subject, do=fact.detail["do"],
                reason=REASON, given_by_id=giver, given_at=fact.at,
            )
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def withdraw_order(fact: Fact) -> None:
    DeviceOrder.objects.filter(
        id=UUID(fact.detail["order"]), done_at=None, withdrawn_at=None
    ).update(withdrawn_at=fact.at)


def close_confirmation(fact: Fact) -> None:
    """What was refused or withdrawn since the backup is neither confirmed nor carried out."""
    Confirmation.objects.filter(id=fact.subject, state__in=OPEN_STATES).update(
        state=fact.detail["state"], ended_at=fact.at
    )


KINDS: Mapping[str, Callable[[Fact], None]] = {
    CLOSED: close_confirmation,
    "device.revoke": revoke,
    "device.order": order,
    "device.order_withdraw": withdraw_order,
    "person.deactivate": deactivate,
    "role.end": end_role,
}


@transaction.atomic
def close_sessions(*, now: datetime) -> None:
    """After a restore: log-ins that were ended and codes that were used up would count again.

    Everybody at the office logs in anew; an unused code has to be made again. Phones keep their tokens.
    """
    AccessToken.objects.filter(device=None).delete()
    WebSession.objects.all().delete()
    EnrolmentCode.objects.filter(used_at=None).update(used_at=now)
