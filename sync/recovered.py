"""What devices hold of records that a restored server has lost: asked for, and kept as evidence."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from . import inbox, names, unreadable
from .apply import apply
from .entries import Draft, Entry
from .models import File, Holding, Recovered, Shard
from .ports import Sender, ports
from .protocol import ids, messages
from .registry import Columns, Policy, RecordType, registry

# Records named in one call.
OFFERS = 1000
SERVER = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Offer:
    """A record that a device holds, by its id and revision."""

    type: str
    id: UUID
    file: UUID
    rev: int

    @classmethod
    def read(cls, type_: Any, id_: Any, file: Any, rev: Any) -> "Offer | None":
        """None for what no server has ever sent."""
        try:
            offer = cls(str(type_), UUID(str(id_)), UUID(str(file)), int(rev))
        except (ValueError, TypeError):
            return None
        return offer if 0 <= offer.rev <= messages.LARGEST and "\x00" not in offer.type else None


def wanted(offers: Sequence[Any], *, sender: Sender) -> list[str]:
    """The ids of offered records `[type, id, file, rev]` that this server may have lost.

    Those that it does not know, and those that can change whose revision was given in the time that
    a restore has undone. What was erased is not wanted from whoever held it. Of a file that is not the
    device's to know everything is wanted, always, whether anybody has it or not; and a record of
    another file, or of a type that no device gets, is as if there were none.
    """
    read = [Offer.read(*o) for o in offers if isinstance(o, list) and len(o) == 4]
    every = [offer for offer in read if offer]
    known = _known(sender.device, {offer.file for offer in every})
    named = _without_erased([offer for offer in every if offer.file in known])
    there = _kept_already(named)
    lost = Lost.look(named)
    told = {o for o in named if (o.id, o.rev, o.file) not in there and lost.may_be(o)}
    return [str(offer.id) for offer in every if offer in told or offer.file not in known]


def keep(records: Sequence[Any], *, sender: Sender, now: datetime) -> list[str]:
    """Keeps offered records as evidence, each once; returns the ids of all that need not be sent again.

    A record `{type, id, file, rev, …}` that says nothing new leaves nothing behind. Bytes that are
    no record are kept among the unreadable lines.
    """
    read = [(record, _offer_of(record)) for record in records]
    named = [(record, offer) for record, offer in read if offer]
    unreadable.keep_records(
        [messages.write(record) for record, offer in read if not offer], sender=sender, now=now
    )
    allowed = set(_without_erased([offer for _, offer in named]))
    lost = Lost.look([offer for _, offer in named])
    unknown = _unknown_operations(
        {(op, offer.file) for record, offer in named for op in operations_in(record)}
    )
    drafts = [
        _draft(offer, record, sender, now)
        for record, offer in named
        if offer in allowed and lost.says_news(offer, record, unknown)
    ]
    if drafts:
        _store(drafts, sender, now)
    return [str(offer.id) for _, offer in named]


@dataclass(frozen=True, slots=True)
class Lost:
    """What is needed to tell which offers this server has lost; two statements and one a type."""

    rows: Mapping[UUID, tuple[int, str, UUID]]
    gaps: Mapping[str, list[list[int]]]

    @classmethod
    def look(cls, offers: Iterable[Offer]) -> "Lost":
        by_type: dict[str, list[UUID]] = {}
        for offer in offers:
            by_type.setdefault(offer.type, []).append(offer.id)
        rows: dict[UUID, tuple[int, str, UUID]] = {}
        for name in by_type.keys() & registry.types.keys():
            if registry.types[name].leaves_the_server:
                found = registry.types[name].model.objects.filter(id__in=by_type[name])
                rows |= {
                    id_: place for id_, *place in found.values_list("id", "feed", "shard", "file")
                }
        return cls(rows, dict(Shard.objects.exclude(gaps=[]).values_list("code", "gaps")))

    def may_be(self, offer: Offer) -> bool:
        if not self._is_there(offer):
            return True
        changes = registry.types[offer.type].policy is not Policy.APPEND
        return changes and self._undone(offer)

    def says_news(
        self, offer: Offer, record: Mapping[str, Any], unknown: set[tuple[UUID, UUID]]
    ) -> bool:
        """Registers say news only by an operation that the server has not received since in that file."""
        record_type = registry.types.get(offer.type)
        if record_type is not None and record_type.policy is Policy.REGISTER:
            return any((op, offer.file) in unknown for op in operations_in(record))
        return self.may_be(offer)

    def _is_there(self, offer: Offer) -> bool:
        return offer.id in self.rows and self.rows[offer.id][2] == offer.file

    def _undone(self, offer: Offer) -> bool:
        _, shard, _ = self.rows[offer.id]
        return any(first <= offer.rev <= last for first, last in self.gaps.get(shard, []))


def operations_in(record: Mapping[str, Any]) -> list[UUID]:
    """Every operation that a record's registers name, live or gone."""
    states = record.get("registers")
    found: list[UUID] = []
    for state in states.values() if isinstance(states, Mapping) else []:
        for part in (state.get("live"), state.get("gone")) if isinstance(state, Mapping) else ():
            found += _uuids(part)
    return sorted(set(found))


def settled_by_arrival(*, now: datetime) -> int:
    """Closes what the server has again by now: the record, or each operation its registers name.

    One statement for each record type. Returns how many.
    """
    closed = 0
    for record_type in registry.types.values():
        if record_type.leaves_the_server:
            closed += _close_arrived(record_type, now)
    return closed


def _close_arrived(record_type: RecordType, now: datetime) -> int:
    back = {
        Policy.APPEND: f"EXISTS (SELECT FROM {record_type.model._meta.db_table} t WHERE t.id = r.record)",
        Policy.REGISTER: "NOT EXISTS (SELECT FROM unnest(r.ops) AS n(op)"
        " WHERE NOT EXISTS (SELECT FROM sync_operation o WHERE o.op = n.op))",
        # A step that the office took in the lost time: only a person can say whether it was taken again.
        Policy.SERIALISED: "false",
    }[record_type.policy]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE sync_recovered r SET settled_at = %s"
            f" WHERE r.type = %s AND r.settled_at IS NULL AND {back}",
            [now, record_type.name],
        )
        return int(cursor.rowcount)


def columns(entry: Entry) -> Columns:
    said = entry.data
    record = said["record"]
    return {
        "type": names.type_column(said["type"]),
        "record": UUID(said["id"]),
        "rev": said["rev"],
        "device": UUID(said["device"]),
        "received": entry.received,
        "ops": operations_in(record),
    }


RECOVERED = RecordType(
    name="recovered", model=Recovered, policy=Policy.APPEND, kinds={"recovered.keep": True},
    columns=["type", "record", "rev", "device", "received", "ops"], project=columns,
    server_only=True, fileless=True,
    harmless={
        "record": "claimed, looked at by a person and never followed",
        "ops": "claimed, compared with what has come",
        "device": "which brought it",
        "settled_by": "a person",
    },
)  # fmt: skip


def _offer_of(record: Any) -> Offer | None:
    if not isinstance(record, Mapping):
        return None
    return Offer.read(*(record.get(name) for name in ("type", "id", "file", "rev")))


def _without_erased(offers: Sequence[Offer]) -> list[Offer]:
    erased = set(
        File.objects.filter(
            id__in={offer.file for offer in offers}, erased_at__isnull=False
        ).values_list("id", flat=True)
    )
    return [offer for offer in offers if offer.file not in erased]


def _known(device: UUID, files: Collection[UUID]) -> set[UUID]:
    """The files that the device has, had and is to give back, or is to get."""
    held = Holding.objects.filter(device=device, file__in=files).values_list("file", flat=True)
    return {*held, *(ports().files_of([device]).get(device, {}).keys() & set(files))}


def _kept_already(offers: Iterable[Offer]) -> set[tuple[UUID, int, UUID]]:
    """What has been given back at which revision and in which file, by whomever."""
    rows = Recovered.objects.filter(record__in={offer.id for offer in offers})
    return set(rows.values_list("record", "rev", "file"))


def _unknown_operations(ops: set[tuple[UUID, UUID]]) -> set[tuple[UUID, UUID]]:
    """Of operations with their files those that are not there; one of another file is not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.op, n.file FROM unnest(%s::uuid[], %s::uuid[]) AS n(op, file)"
            " WHERE NOT EXISTS (SELECT FROM sync_operation o WHERE o.op = n.op AND o.file = n.file)",
            [[op for op, _ in ops], [file for _, file in ops]],
        )
        return {(op, file) for op, file in cursor.fetchall()}


def _draft(offer: Offer, record: Mapping[str, Any], sender: Sender, now: datetime) -> Draft:
    """Its id follows from what is offered, and in which file, so that the same from another device is kept once."""
    told = {name: part for name, part in record.items() if name not in _PLACE}
    said = hashlib.sha256(messages.write(told)).hexdigest()
    op = ids.derived(offer.id, "recovered", offer.type, str(offer.file), str(offer.rev), said)
    data = {
        "type": offer.type,
        "id": str(offer.id),
        "rev": offer.rev,
        "device": str(sender.device),
        "shard": sender.shard,
        "record": told,
    }
    return Draft(
        op=op, person=SERVER, kind="recovered.keep", target=ids.derived(op, "recovered"),
        file=offer.file, data=data, at=now, shard=sender.shard,
    )  # fmt: skip


_PLACE = {"type", "id", "file", "rev"}


def _store(drafts: Sequence[Draft], sender: Sender, now: datetime) -> None:
    with transaction.atomic():
        ciphers = dict(ports().keys({draft.file for draft in drafts}, create=True))
        entries = inbox.store_drafts(drafts, received=now, ciphers=ciphers)
    apply(entries, now=now, ciphers=ciphers)


def _uuids(names: Any) -> Iterator[UUID]:
    for name in names if isinstance(names, Mapping | list) else ():
        try:
            yield UUID(str(name))
        except ValueError:
            continue
