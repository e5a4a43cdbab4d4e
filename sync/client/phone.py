"""A phone: what it does offline, and its two calls to the server."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any
from uuid import UUID

from sync.merge import registers
from sync.protocol import ids, messages

from . import advice, attachments, closing, configuration, log, outbox, session, view
from .errors import Closed, Enrolled, NotEnrolled, Refused, TryLater, Unknown, Unusable
from .log import New, Saved
from .store import Store
from .transport import Http, Transport

ENROL = "/api/v1/enrol"


def now_utc() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Phone:
    """One installation. Everything but `enrol` and `sync` works without a network.

    `clock` is the phone's own, right or wrong. `connect` makes the transport for a server address;
    `language` is the one in which the server words its messages.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        clock: session.Clock = now_utc,
        connect: Callable[[str], Transport] = Http,
        language: str = "zh-CN",
    ) -> None:
        self.store = Store(path)
        self.clock = clock
        self.language = language
        self._connect = connect
        self._transport: Transport | None = None
        self._running = session.Running(str(ids.uuid7(clock())))

    def close(self) -> None:
        self.store.close()

    def enrol(
        self, server: str, code: str, *, label: str = "", again: bool = False
    ) -> dict[str, Any]:
        """Uses a one-time code up. Raises `Enrolled`, `TryLater` and `Refused`.

        `again` is for a phone whose token the server no longer knows (a restored one has forgotten
        who was enrolled since): it keeps its id, so that its log goes on.
        """
        device = self.store.get("device") if again else None
        if self.store.get("token") is not None and device is None:
            raise Enrolled
        # A new id each time: if the answer is lost the code is used up and the id is taken.
        device = device or str(ids.uuid7(self.clock()))
        asked = {"code": code, "device": device, "label": label, "app": session.APP}
        card: dict[str, Any] = (
            self._transport_to(server)
            .post(
                ENROL, messages.write(asked), media="application/json",
                headers={"Accept-Language": self.language},
            )
            .body
        )  # fmt: skip
        with self.store.transaction():
            self.store.set(
                server=server, device=device, token=card["token"], people=card["people"],
                config=card.get("config", {}),
            )  # fmt: skip
        return {"device": device, "people": card["people"], "server": server}

    @property
    def device(self) -> UUID:
        found = self.store.get("device")
        if found is None:
            raise NotEnrolled
        return UUID(found)

    @property
    def people(self) -> list[UUID]:
        """Whom this phone is enrolled for; the first is the author unless another is named."""
        return [UUID(person["id"]) for person in self.store.get("people", [])]

    def advise(self, *news: New, person: UUID | None = None) -> advice.Advice:
        """What the project's adviser says to operations that are about to be saved, and the operations
        with what was shown written into them: give those to `append`. Raises `NotEnrolled`.
        """
        people = self.people
        if not people:
            raise NotEnrolled
        held = AtHand(self, person=person or people[0])
        return advice.advise(news, held, language=self.language)

    def append(self, *news: New, together: bool = False, person: UUID | None = None) -> list[Saved]:
        """Writes operations to the log, durably and all or none.

        `together` binds edits of registers that are to be applied whole (PROTOCOL.md, "Groups").
        A phone whose files are closed takes them too, and cannot read them again. Raises
        `NotEnrolled` and `Unusable`.
        """
        people = self.people
        if not people:
            raise NotEnrolled
        closing.observe(self.store, self.clock())
        evidence = [new.kind for new in news if view.catalogue(self.store).is_evidence(new.kind)]
        if together and evidence:
            raise Unusable(
                f"{', '.join(evidence)}: evidence is applied by itself, never in a group"
            )
        author = log.Author(
            device=self.device,
            person=person or people[0],
            wall=self.clock(),
            base=self.store.get("generation", 0),
            session=self._running.id,
            elapsed=self._running.elapsed(),
        )
        return log.append(self.store, news, author=author, together=together)

    def edit(
        self,
        record: UUID,
        *,
        set: Mapping[str, Any] | None = None,
        add: Mapping[str, Mapping[str, Any]] | None = None,
        remove: Mapping[str, Sequence[str]] | None = None,
        kind: str | None = None,
        form: str | None = None,
        form_version: str | None = None,
        at: dt.datetime | None = None,
        person: UUID | None = None,
    ) -> Saved:
        """Edits registers, naming what this phone shows of them (`saw`).

        `set` is `{field: value}`, `add` `{set field: {element: value}}`, `remove`
        `{set field: [element]}`. `kind` only where the type leaves a choice. Raises `Unknown`
        and `Unusable`.
        """
        seen = self.record(record)
        kind = kind or view.catalogue(self.store).edit_kind(seen.type)
        if kind is None:
            raise Unusable(f"name the kind: {seen.type} has none or several that change a record")
        data = {
            "set": {f: {"v": v, "saw": self._live(seen, f)} for f, v in (set or {}).items()},
            "add": {
                f: {e: {"v": v, "saw": self._live(seen, f"{f}/{e}")} for e, v in elements.items()}
                for f, elements in (add or {}).items()
            },
            "remove": {
                f: {e: self._live(seen, f"{f}/{e}") for e in elements}
                for f, elements in (remove or {}).items()
            },
        }
        new = New(
            kind=kind, target=UUID(seen.id), file=UUID(seen.file),
            data={part: content for part, content in data.items() if content},
            form=form, form_version=form_version, at=at,
        )  # fmt: skip
        (saved,) = self.append(new, person=person)
        return saved

    @staticmethod
    def _live(seen: view.Seen, key: str) -> list[str]:
        return sorted(seen.state.get(key, registers.Register()).live)

    def set_pin(self, pin: str, *, person: UUID | None = None) -> None:
        """The PIN by which a person opens this phone; it also opens what another's PIN opens.

        Raises `Closed`, `Unusable` and `NotEnrolled`.
        """
        closing.check(self.store, self.clock())
        with self.store.transaction():
            self.store.vault.set_pin(self._holder(person), pin)

    def lock(self) -> None:
        """Closes the files until somebody gives her PIN. Raises `NoPin` and `Unsealed`."""
        with self.store.transaction():
            closing.lock(self.store)
        self.store.scrub()

    def unlock(self, pin: str, *, person: UUID | None = None) -> None:
        """Raises `NoPin`, `WrongPin`, and `Closed` where the office has closed it. An expired lease
        takes a `sync` besides.
        """
        if self.store.vault.is_destroyed:
            raise Closed("client.wiped")
        try:
            self.store.vault.unlock(self._holder(person), pin)
        finally:
            if self.store.vault.is_destroyed:
                self._wipe()
        closing.check_pin_is_enough(self.store, self.clock())

    def purge(self) -> None:
        """Removes everything readable; the next sync loads it anew. Raises `Unsealed` and `Closed`."""
        with self.store.transaction():
            closing.purge(self.store)
        self.store.scrub()

    def wipe(self) -> None:
        """Sends what it can, then destroys the key of everything readable, for good.

        Raises `Unsealed` where something has no other copy.
        """
        with suppress(TryLater, Refused, NotEnrolled):
            self.sync()
        self._wipe()

    def _wipe(self) -> None:
        with self.store.transaction():
            closing.wipe(self.store)
        self.store.scrub()

    def _holder(self, person: UUID | None) -> str:
        if not self.people:
            raise NotEnrolled
        return str(person or self.people[0])

    def sync(self, *, older: Sequence[UUID] = ()) -> session.Report:
        """Push, pull and purge until both sides have nothing more to say.

        `older` are files whose history from before the server's horizon is wanted too. Raises
        `TryLater` and `Refused`; nothing saved is lost by either.
        """
        server = self.store.get("server")
        if server is None:
            raise NotEnrolled
        with self.store.syncing():
            return session.Sync(
                self.store, self._transport_to(server), self.clock, self._running, self.language,
                older=[str(file) for file in older],
            ).run()  # fmt: skip

    def _transport_to(self, server: str) -> Transport:
        if self._transport is None:
            self._transport = self._connect(server)
        return self._transport

    def record(self, record: UUID | str) -> view.Seen:
        """Raises `Unknown` and `Closed`."""
        closing.check(self.store, self.clock())
        seen = view.one(self.store, str(record))
        if seen is None:
            raise Unknown(f"this phone has no record {record}")
        return seen

    def records(self, *, type: str | None = None, file: UUID | None = None) -> list[view.Seen]:
        """Raises `Closed`."""
        closing.check(self.store, self.clock())
        return view.every(self.store, type_=type, file=str(file) if file else None)

    def configuration(self, part: str) -> Any:
        """What the server told this phone to know, also without a network; None where it told nothing.

        What speaks of people closes with the files; the rest, such as the numbers of offices, does
        not. Raises `Closed`.
        """
        if configuration.is_personal(self.store, part):
            closing.check(self.store, self.clock())
        return configuration.value(self.store, part)

    def conflicts(self) -> list[dict[str, Any]]:
        """Fields on which people disagree: what is shown, and every value with its operation."""
        return [
            {
                "record": seen.id,
                "type": seen.type,
                "field": name,
                "shown": seen.values.get(name),
                "values": [
                    {"op": write.op, "at": write.at, "value": write.value}
                    for write in seen.state[name].live.values()
                ],
            }
            for seen in self.records()
            for name in seen.conflicts
        ]

    def resolve(self, record: UUID, field: str, value: Any) -> Saved:
        """Decides a conflict: a write that names every value this phone shows of it."""
        if field not in self.record(record).conflicts:
            raise Unknown(f"{field} of {record} is not in conflict on this phone")
        return self.edit(record, set={field: value})

    def status(self) -> dict[str, Any]:
        """Who this phone is, what waits to be sent, what it holds and what closes its files."""
        closed = closing.why(self.store, self.clock())
        records, files = self.store.db.execute(
            "SELECT count(*), count(DISTINCT file) FROM record"
        ).fetchone()
        return {
            "device": self.store.get("device"),
            "server": self.store.get("server"),
            "people": self.store.get("people", []),
            "operations": log.counts(self.store),
            "attachments": attachments.counts(self.store),
            "records": records,
            "files": files,
            "closed": closed,
            "sealed": outbox.counts(self.store),
            "conflicts": None if closed else len(self.conflicts()),
            "generation": self.store.get("generation", 0),
            "clock_offset": self.store.get("clock_offset"),
            "synced_at": self.store.get("synced_at"),
        }


class AtHand:
    """What an adviser may look at: `advice.Held` of one phone at one moment."""

    def __init__(self, phone: Phone, *, person: UUID) -> None:
        self.now = phone.clock()
        self.person = person
        closing.observe(phone.store, self.now)
        self.closed = closing.why(phone.store, self.now)
        self.config: Mapping[str, Any] = configuration.at_hand(
            phone.store, closed=self.closed is not None
        )
        self._store = phone.store

    def record(self, record: UUID | str) -> view.Seen | None:
        return None if self.closed else view.one(self._store, str(record))

    def records(self, *, type: str, file: UUID) -> list[view.Seen]:
        return [] if self.closed else view.every(self._store, type_=type, file=str(file))
