"""Several writers at once on real PostgreSQL: nothing is skipped, lost or doubled (SYNC, "Race").

Each proof is a function, so that `test_mutations.py` can run it with a protection taken out.
"""

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection

from sync import apply, holdings, inbox, pull, write
from sync.merge import registers
from sync.models import DeviceLog, Operation
from sync.protocol import messages

from .conftest import NOW, Phone, World
from .test_pull import Copy
from .test_push import make_box, new
from .toys import Box, Note

WRITERS = 6
PUSHES = 10


@contextmanager
def slow(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, longest: float) -> Iterator[None]:
    """Keeps transactions open for a while after one of their steps: races need a window."""
    original = getattr(module, name)

    def step(*args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        time.sleep(random.random() * longest)
        return result

    with monkeypatch.context() as patch:
        patch.setattr(module, name, step)
        yield


def together(*jobs: Callable[[], None]) -> list[threading.Thread]:
    """Starts the jobs, each with a connection of its own."""

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    return threads


def every_row_reaches_a_poller(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six writers with open transactions against a tight poller: zero rows missed."""
    phones = [Phone() for _ in range(WRITERS)]
    boxes = {phone: make_box(phone) for phone in phones}
    for phone in phones:
        phone.push()
    poller = Phone()
    world.grant(poller, *boxes.values())
    copy = Copy(poller)
    copy.update()
    copy.update()
    written: set[str] = set()

    def work(phone: Phone) -> Callable[[], None]:
        def job() -> None:
            for number in range(PUSHES):
                note = new()
                written.add(str(note))
                line = phone.say("note.write", note, {"text": str(number)}, file=boxes[phone])
                phone.push(line)

        return job

    with slow(monkeypatch, apply, "settle", 0.02):
        threads = together(*map(work, phones))
        while any(thread.is_alive() for thread in threads):
            copy.update()
    for thread in threads:
        thread.join()
    copy.update()
    assert Note.objects.count() == WRITERS * PUSHES
    assert written - copy.records.keys() == set()
    assert copy.own_digest() == copy.digest


def no_edit_of_a_shared_record_is_lost(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every writer sets a field of its own on one record; all of them are there at the end."""
    phones = [Phone() for _ in range(WRITERS)]
    box = make_box(phones[0])
    phones[0].push()
    for phone in phones:
        world.grant(phone, box)

    def work(number: int, phone: Phone) -> Callable[[], None]:
        def job() -> None:
            for turn in range(PUSHES // 2):
                field = {f"field{number}-{turn}": {"v": turn, "saw": []}}
                phone.push(phone.say("box.paint", box, {"set": field}))

        return job

    with slow(monkeypatch, write, "_register", 0.02):
        threads = together(*(work(n, phone) for n, phone in enumerate(phones)))
        for thread in threads:
            thread.join()
    row = Box.objects.get(id=box)
    state = registers.load(messages.parse(world.keys([row.file])[row.file].open(row.state)))
    assert len([key for key in state if key.startswith("field")]) == WRITERS * (PUSHES // 2)


def one_log_pushed_twice_at_once_is_there_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same lines in two requests at once: one record for each, and the ranges are whole."""
    phone = Phone()
    box = make_box(phone)
    for number in range(PUSHES):
        phone.say("note.write", new(), {"text": str(number)}, file=box)
    answers: list[list[messages.Receipt]] = []
    for thread in together(*[lambda: answers.append(phone.push())] * 4):
        thread.join()
    assert len(answers) == 4
    assert all(receipt.outcome == "applied" for answer in answers for receipt in answer)
    assert Note.objects.count() == PUSHES
    assert Operation.objects.count() == PUSHES + 1


def what_the_server_says_it_has_is_whole(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of one log in two requests at once: neither forgets what the other brought."""
    phone = Phone()
    box = make_box(phone)
    for number in range(PUSHES):
        phone.say("note.write", new(), {"text": str(number)}, file=box)
    parts = [phone.log[half::2] for half in (0, 1)]
    with slow(monkeypatch, inbox, "lock_log", 0.05):
        for thread in together(*[partial(push_each, phone, part) for part in parts]):
            thread.join()
    assert DeviceLog.objects.get(device=phone.device).have == [[1, PUSHES + 1]]


def push_each(phone: Phone, lines: list[bytes]) -> None:
    for line in lines:
        phone.push(line)


def what_has_a_receipt_is_there(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database fails at the end of the first transaction: no receipt, and nothing is lost."""
    phone = Phone()
    make_box(phone)
    receipts: list[messages.Receipt] = []

    def breaks(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the connection is gone")

    with monkeypatch.context() as patch:
        patch.setattr(inbox, "_save_log", breaks)
        # What a phone sees as a 500: it keeps everything and tries again.
        with suppress(RuntimeError):
            receipts = phone.push()
    present = set(Operation.objects.values_list("op", flat=True))
    assert {receipt.op for receipt in receipts} <= present
    (receipt,) = phone.push()
    assert receipt.outcome == "applied"


PROOFS = [
    every_row_reaches_a_poller,
    no_edit_of_a_shared_record_is_lost,
    one_log_pushed_twice_at_once_is_there_once,
    what_the_server_says_it_has_is_whole,
    what_has_a_receipt_is_there,
]


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.__name__)
def test_with_everything_in_place(
    proof: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof(world, monkeypatch)


def test_a_pull_that_is_asked_again_while_it_is_at_work_waits_for_itself(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first call has an older cursor than the second; both change what the phone holds."""
    author, phone = Phone(), Phone()
    boxes = [make_box(author) for _ in range(3)]
    author.push()
    phone.pull()
    world.grant(phone, boxes[0])
    older = phone.pull().cursor
    world.grant(phone, boxes[1])
    newer = phone.pull().cursor
    world.grant(phone, boxes[2])
    both, original, failed = threading.Barrier(2), holdings.turn, []

    def turn(*args: Any, **kwargs: Any) -> Any:
        # The first to come has the log, if it is locked at all: the other one cannot come.
        with suppress(threading.BrokenBarrierError):
            both.wait(1)
        if threading.current_thread().name == newer:
            time.sleep(0.3)
        return original(*args, **kwargs)

    def ask(cursor: str) -> Callable[[], None]:
        def job() -> None:
            threading.current_thread().name = cursor
            try:
                pull.pull(phone.sender, token=cursor, now=NOW)
            except OperationalError as error:
                failed.append(error)

        return job

    monkeypatch.setattr(holdings, "turn", turn)
    for thread in together(ask(newer), ask(older)):
        thread.join()
    assert failed == []
