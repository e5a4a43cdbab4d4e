"""One sync: push what is unsent, pull what is new, until both sides have nothing more to say."""

import datetime as dt
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync.protocol import messages, ranges

from . import attachments, closing, configuration, copy, log, offer, outbox, tus
from .errors import NotEnrolled, Refused, TryLater
from .store import Store
from .transport import Answer, Raw, Transport

PATH = "/api/v1/sync"
# The only permanent status that a second try may help.
CUT = "sync.cut"
# Files whose older history one response brings.
OLDER_FILES = 10
APP = "reference-client/1"
Clock = Callable[[], dt.datetime]


@dataclass(frozen=True, slots=True)
class Running:
    """One run of the client, and its monotonic clock: milliseconds since it began."""

    id: str
    started: float = field(default_factory=time.monotonic)

    def elapsed(self) -> int:
        return int((time.monotonic() - self.started) * 1000)


@dataclass(slots=True)
class Report:
    """What one sync did. `digest_agrees` is None when no last page came.

    `brought` counts attachments; `stopped` says why some of them wait although the rest is done.
    """

    sent: int = 0
    again: int = 0
    receipts: list[dict[str, Any]] = field(default_factory=list)
    later: list[dict[str, Any]] = field(default_factory=list)
    entered: int = 0
    changed: int = 0
    left: int = 0
    resent: list[int] = field(default_factory=list)
    offered: int = 0
    recovered: int = 0
    too_large: list[int] = field(default_factory=list)
    refused: str | None = None
    orders: list[str] = field(default_factory=list)
    digest_agrees: bool | None = None
    rounds: int = 0
    bytes_up: int = 0
    bytes_down: int = 0
    brought: int = 0
    stopped: str | None = None


@dataclass(slots=True)
class Sync:
    """The state of one sync under way. Every answer is applied in one transaction of the store."""

    store: Store
    transport: Transport
    clock: Clock
    running: Running
    language: str = "zh-CN"
    older: Sequence[str] = ()
    report: Report = field(default_factory=Report)
    _operations: int = log.MAX_OPERATIONS
    _size: int = log.MAX_BYTES
    _tried: set[int] = field(default_factory=set)
    _more: bool = True
    _older: list[str] = field(default_factory=list)
    _mend: bool = False
    _mended: bool = False

    def run(self) -> Report:
        """Raises `TryLater` and `Refused`; what was received before stays received."""
        if self.store.get("token") is None:
            raise NotEnrolled
        self._older = list(self.older)
        try:
            self._rounds()
        finally:
            # A cut line is no reason to keep readable what is to be destroyed: the rest goes sealed.
            wiped = self._wipe()
        if wiped:
            self._rounds()
        return self.report

    def _rounds(self) -> None:
        self._more = True
        while self._more:
            self._round()
            if not self._more:
                self._more = self._bring()

    def _wipe(self) -> bool:
        """Carries out a wipe that was ordered, and says whether it did: the server is to hear of it."""
        if not isinstance(self.store.get("wipe"), str):
            return False
        with self.store.transaction():
            closing.wipe(self.store)
        self.store.scrub()
        return True

    def _bring(self) -> bool:
        """Attachments, after the operations that declare them; True when that let a file go.

        A line that is cut here does not undo what was said before: it is told in the report.
        """
        uploads = tus.Uploads(self.store, self._send, clock=self.clock)
        try:
            uploads.run()
        except TryLater as later:
            self.report.stopped = str(later)
        self.report.brought += uploads.brought
        with self.store.transaction():
            return copy.purge(self.store) > 0

    def _send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Raw:
        own = {
            "Authorization": f"Token {self.store.get('token')}",
            "Accept-Language": self.language,
        }
        return self.transport.send(method, path, body, own | headers)

    def _round(self) -> None:
        # What is its own goes first: only then does the server know what it still lacks.
        if self._offering() and not self._unsent():
            self._offer()
            return
        lines = self._batch()
        seqs = [seq for seq, _ in lines]
        skipped = frozenset(self.report.too_large)
        last = not log.batch(self.store, operations=1, size=0, skip=skipped.union(seqs))
        last = last and closing.may_pull(self.store)
        purged = copy.purged(self.store, limit=500) if last else []
        done = self.store.get("done", [])
        header, wall = self._header(pull=last, purged=purged)
        try:
            answer = self._post(b"\n".join([header, *(line for _, line in lines)]))
        except Refused as refusal:
            if refusal.code == CUT:
                raise TryLater(str(refusal)) from refusal
            if refusal.status != 413 or not lines:
                # Half of what cannot be read cannot be read either.
                raise
            self._send_less(seqs)
            return
        self._apply(answer, seqs, wall=wall, purged=purged if last else [], pulled=last, done=done)

    def _offer(self) -> None:
        """One call's worth of what this phone holds; after the last the next pull loads afresh."""
        part = offer.part(self.store)
        if part:
            header, wall = self._header(pull=False, purged=[])
            answer = self._post(messages.write(messages.parse(header) | part))
            with self.store.transaction():
                self._note_time(dt.datetime.fromisoformat(answer.body["server_time"]), wall)
                offer.answered(self.store, part, answer.body.get("wanted", []))
            self._count(answer)
            self.report.offered += len(part.get("offer", []))
            self.report.recovered += len(part.get("recovered", []))
            return
        with self.store.transaction():
            offer.end(self.store)

    def _batch(self) -> list[tuple[int, bytes]]:
        header, _ = self._header(pull=True, purged=copy.purged(self.store, limit=500))
        return log.batch(
            self.store, operations=self._operations, size=self._size - len(header) - 1,
            skip=frozenset(self.report.too_large),
        )  # fmt: skip

    def _header(self, *, pull: bool, purged: list[str]) -> tuple[bytes, dt.datetime]:
        wall = self.clock()
        generation = self.store.get("generation", 0)
        header = {
            "protocol": messages.VERSION,
            "device": self.store.get("device"),
            "app": APP,
            "wall": wall.isoformat(),
            "session": self.running.id,
            "elapsed": self.running.elapsed(),
            "cursor": self.store.get("cursor"),
            "config": {n: c["hash"] for n, c in configuration.known(self.store).items()},
            "pull": pull,
        }
        if last := log.last_received(self.store):
            header["last"] = last
        if done := self.store.get("done"):
            header["done"] = done
        if purged:
            header["purged"] = {"generation": generation, "files": purged}
        if pull and self._older:
            header["older"] = self._older[:OLDER_FILES]
        if pull and self._mend:
            header["digests"] = copy.digests(self.store)
        return messages.write(header), wall

    def _post(self, body: bytes) -> Answer:
        return self.transport.post(
            PATH, body, media="application/x-ndjson",
            headers={
                "Authorization": f"Token {self.store.get('token')}",
                "Accept-Language": self.language,
            },
        )  # fmt: skip

    def _send_less(self, seqs: list[int]) -> None:
        """Half as much the next time; a line that is alone is left aside for this sync."""
        if len(seqs) == 1:
            self.report.too_large += seqs
            return
        self._operations = max(1, len(seqs) // 2)

    def _apply(
        self, answer: Answer, seqs: list[int], *, wall: dt.datetime, purged: list[str],
        pulled: bool, done: list[str],
    ) -> None:  # fmt: skip
        page, report = answer.body, self.report
        at = dt.datetime.fromisoformat(page["server_time"])
        with self.store.transaction():
            log.settle(self.store, seqs, page["receipts"], at)
            self._tried.update(seqs)
            resend = log.reopen(self.store, self._kept(page), tried=frozenset(self._tried))
            self._note_time(at, wall)
            if pulled:
                closing.renew(self.store, self.clock(), refused=page.get("refused"))
            pulled = "cursor" in page
            if pulled:
                copy.confirmed(self.store, purged)
                self._apply_page(page)
            copy.forget(self.store, [*page["receipts"], *page.get("later", [])])
            if page.get("restored"):
                offer.begin(self.store)
            if not offer.under_way(self.store):
                # What is to leave may be all that is left of it: it is offered first.
                copy.purge(self.store)
            outbox.seal_open(self.store)
            outbox.forget_old(self.store, at)
            attachments.reopen(self.store, page.get("attachments", []))
            attachments.seal_open(self.store)
            attachments.forget_old(self.store, at)
            closing.confirmed(self.store, done)
            closing.obey(self.store, page.get("orders", []))
        self._count(answer)
        report.sent += len(seqs)
        report.again += sum(bool(receipt.get("again")) for receipt in page["receipts"])
        report.receipts += page["receipts"]
        report.resent += resend
        report.refused = report.refused or page.get("refused")
        report.orders += [order["do"] for order in page.get("orders", [])]
        self._go_on(page, pulled=pulled)

    def _kept(self, page: dict[str, Any]) -> list[ranges.Range]:
        """The places at which the server has lines of this phone; perhaps none, where it was restored or
        there are two of the phone.

        Where a copy of this phone has taken a place, `have` names it as well.
        """
        have: list[ranges.Range] = page["have"]
        if "log" in page and page["log"] != log.digest(self.store, have):
            return []
        return have

    def _count(self, answer: Answer) -> None:
        self.report.rounds += 1
        self.report.bytes_up += answer.wire[0]
        self.report.bytes_down += answer.wire[1]

    def _unsent(self) -> bool:
        """Whether anything waits that this sync has not already tried in vain."""
        return log.unsent(self.store) > len(self.report.too_large)

    def _offering(self) -> bool:
        """A closed phone cannot read what it would offer; it goes on once it is open again."""
        return offer.under_way(self.store) and closing.may_pull(self.store)

    def _apply_page(self, page: dict[str, Any]) -> None:
        self._mend = False
        copy.enter(self.store, page.get("enter", []))
        copy.change(self.store, page.get("changes", []))
        copy.leave(self.store, page.get("exit", []), generation=page["generation"])
        for asked in page.get("older", []):
            copy.change(self.store, asked["records"])
        log.settle_later(self.store, page.get("later", []))
        self.store.set(cursor=page["cursor"], generation=page["generation"])
        if page.get("config"):
            configuration.keep(self.store, page["config"])
        self.report.later += page.get("later", [])
        self.report.entered += len(page.get("enter", []))
        self.report.changed += len(page.get("changes", []))
        self.report.left += len(page.get("exit", []))
        if "digest" in page:
            own = sum(copy.digests(self.store).values()) % copy.MODULUS
            self.report.digest_agrees = page["digest"] == own

    def _note_time(self, server_time: dt.datetime, wall: dt.datetime) -> None:
        """Server minus phone, in milliseconds, at the middle of the round trip."""
        middle = wall + (self.clock() - wall) / 2
        offset = server_time - middle
        self.store.set(
            clock_offset=int(offset.total_seconds() * 1000), synced_at=self.clock().isoformat()
        )

    def _go_on(self, page: dict[str, Any], *, pulled: bool) -> None:
        if pulled:
            self._older = self._older[OLDER_FILES:]
        if self.report.digest_agrees is False and not self._mended:
            # The copy is not what the server thinks it is: ask for just what differs, once.
            self._mended = self._mend = True
        waiting = pulled and bool(copy.purged(self.store, limit=1) or self._older)
        waiting = waiting or bool(self.store.get("done")) or self._offering()
        self._more = self._unsent() or bool(page.get("more")) or self._mend or waiting
