"""Messages as files, for one machine: kombu's transport, except that nothing in the folder can end a consumer.

A message is whole or not there, waits in the order in which it was sent, and lies in a folder of its
consumer until the work is done: what a killed consumer had comes back. Two messages that ask for the same
work are one, as long as the first waits: the queue does not grow while no worker is there. Why:
`decisions/0005-messages-as-files.md`.
"""

import fcntl
import hashlib
import logging
import os
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from typing import Any
from uuid import uuid4

from kombu.exceptions import OperationalError
from kombu.transport import filesystem, virtual
from kombu.utils.json import dumps, loads

from . import whole
from .listeners import Listeners

logger = logging.getLogger(__name__)
# Seconds between two looks for what killed consumers had.
LOOK_EVERY = 10.0
_DRAFT_AGE = 3600.0  # an unfinished file that is older belongs to a process that was killed


class QoS(virtual.QoS):
    """What is acknowledged, or refused for good, leaves the consumer's folder."""

    def ack(self, delivery_tag: str) -> None:
        super().ack(delivery_tag)
        self.channel.done(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        super().reject(delivery_tag, requeue=requeue)
        self.channel.done(delivery_tag)


class Channel(Listeners):
    QoS = QoS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._taken: dict[str, Path] = {}
        self._own: Path | None = None
        self._lock: int | None = None
        self._looked = -LOOK_EVERY
        _open.add(self)

    @property
    def folder(self) -> Path:
        return Path(self.data_folder_in)

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        """Raises `OperationalError` where the file cannot be written, for any reason that a disk can have."""
        same = _work(payload)
        name = f"{time.time_ns():020d}_{uuid4().hex}_{same}.{queue}.msg"
        draft = self.folder / f".{name}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if same and any(f"_{same}." in waiting for waiting in self._waiting(queue)):
                return
            whole.write(draft, self.folder / name, dumps(payload).encode())
        except OSError as error:
            raise OperationalError(f"the message could not be written: {error}") from error

    def _get(self, queue: str, timeout: Any = None) -> Any:
        own = self._own_folder()
        self._bring_back()
        for name in self._waiting(queue):
            try:
                os.rename(self.folder / name, own / name)
            except FileNotFoundError:  # another consumer was quicker
                continue
            payload = self._read(own / name)
            if payload is not None:
                self._taken[payload["properties"]["delivery_tag"]] = own / name
                return payload
        raise Empty()

    def _waiting(self, queue: str) -> list[str]:
        """The oldest first."""
        try:
            names = os.listdir(self.folder)
        except (
            FileNotFoundError
        ):  # somebody removed it: nothing waits, and the next message makes it
            return []
        own = (name for name in names if not name.startswith("."))
        return sorted(name for name in own if name.partition(".")[2] == f"{queue}.msg")

    def _read(self, file: Path) -> Any:
        """None for what is no message; it is put aside."""
        try:
            payload = loads(file.read_bytes().decode())
            self.Message(payload, channel=self)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a library makes of bytes that nobody wrote like this
            aside = self.folder / "damaged"
            aside.mkdir(exist_ok=True)
            os.replace(file, aside / file.name)
            logger.error(
                "message %s is damaged (%s) and was put into %s",
                file.name, type(error).__name__, aside,
            )  # fmt: skip
            return None
        return payload

    def basic_consume(
        self, queue: str, no_ack: bool, callback: Callable[[Any], Any], consumer_tag: str, **kwargs: Any
    ) -> None:  # fmt: skip
        def got(message: Any) -> Any:
            if no_ack:
                self.done(message.delivery_tag)
            return callback(message)

        super().basic_consume(queue, no_ack, got, consumer_tag, **kwargs)

    def basic_get(self, queue: str, no_ack: bool = False, **kwargs: Any) -> Any:
        message = super().basic_get(queue, no_ack=no_ack, **kwargs)
        if message is not None and no_ack:
            self.done(message.delivery_tag)
        return message

    def done(self, delivery_tag: str) -> None:
        taken = self._taken.pop(delivery_tag, None)
        if taken:
            taken.unlink(missing_ok=True)

    def _restore(self, message: Any) -> None:
        """Back into its place in the line; needs no room on the disk."""
        taken = self._taken.pop(message.delivery_tag, None)
        if taken is None:
            super()._restore(message)
        else:
            os.rename(taken, self.folder / taken.name)

    def close(self) -> None:
        super().close()
        self.let_go()
        if self._own:
            with suppress(OSError):  # not empty: the next consumer brings it back
                self._own.rmdir()
                self._own.with_suffix(".lock").unlink()

    def let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _own_folder(self) -> Path:
        """Locked for as long as this process lives: who gets the lock knows that the owner is dead."""
        if self._own is None or not self._own.exists():
            self.let_go()
            own = self.folder / "taken" / uuid4().hex
            own.parent.mkdir(parents=True, exist_ok=True)
            self._lock = os.open(own.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
            own.mkdir()
            self._own = own
        return self._own

    def _bring_back(self) -> None:
        if time.monotonic() - self._looked < LOOK_EVERY:
            return
        self._looked = time.monotonic()
        for folder in (self.folder / "taken").iterdir():
            if folder.is_dir() and folder != self._own:
                with _if_abandoned(folder.with_suffix(".lock")) as abandoned:
                    if abandoned:
                        _empty(folder, into=self.folder)
        for draft in self.folder.glob(".*.msg"):
            with suppress(FileNotFoundError):
                if time.time() - draft.stat().st_mtime > _DRAFT_AGE:
                    draft.unlink()

    def _purge(self, queue: str) -> int:
        waiting = self._waiting(queue)
        for name in waiting:
            (self.folder / name).unlink(missing_ok=True)
        return len(waiting)

    def _size(self, queue: str) -> int:
        return len(self._waiting(queue))


class Transport(filesystem.Transport):
    """What a disk may refuse is a lost connection: a worker tries again, and does not end."""

    Channel = Channel
    connection_errors = (*filesystem.Transport.connection_errors, OSError)  # type: ignore[assignment]


def _work(payload: Any) -> str:
    """The same for two messages that ask for the same task with the same arguments; empty for others."""
    task = (payload.get("headers") or {}).get("task")
    if not task:
        return ""
    return hashlib.sha256(f"{task}\n{payload.get('body')}".encode()).hexdigest()[:16]


@contextmanager
def _if_abandoned(lock: Path) -> Iterator[bool]:
    """Whether nobody holds it; then we do, until the end of the block."""
    try:
        handle = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        yield True
        return
    try:
        yield _is_free(handle)
    finally:
        os.close(handle)


def _is_free(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _empty(folder: Path, *, into: Path) -> None:
    back = sorted(folder.iterdir())
    for file in back:
        os.replace(file, into / file.name)
    folder.rmdir()
    folder.with_suffix(".lock").unlink(missing_ok=True)
    if back:
        logger.warning("%d messages of a consumer that has ended wait again", len(back))


_open: weakref.WeakSet[Channel] = weakref.WeakSet()


def _let_go() -> None:
    """A forked child must not keep its parent's locks."""
    for channel in list(_open):
        channel.let_go()


os.register_at_fork(after_in_child=_let_go)
