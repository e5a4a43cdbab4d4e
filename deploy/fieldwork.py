"""What supervisors do on their phones during a drill: register, visit, edit, sync; at any moment cut off."""

import datetime as dt
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

from PIL import Image

from deploy import rounds
from deploy.demo_data import answers
from sync.client import New, Phone
from sync.client.attachments import Attached
from sync.client.errors import TryLater
from sync.protocol import ids

AGE = 6
# In which rule R10 finds a child under eight with nobody in the house.
ALONE = {"adult_with_child_now": "no", "actual_carer": "nobody", "child_cared_for": "no"}


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass
class Hand:
    """Somebody with a phone. The store is opened anew for each piece of work, also by another thread."""

    name: str
    person: str
    village: str
    store: Path
    children: list[tuple[UUID, UUID]] = field(default_factory=list)
    random: Random = field(default_factory=Random)

    @contextmanager
    def phone(self) -> Iterator[Phone]:
        phone = Phone(self.store, language="en")
        try:
            yield phone
        finally:
            phone.close()

    def register(self, name: str) -> UUID:
        """A child of six with its household, sent; a colleague's phone of the village learns of it."""
        child, home = ids.uuid7(now()), ids.uuid7(now())
        born = (now().date() - dt.timedelta(days=AGE * 365 + 60)).isoformat()
        residence = {"division": self.village, "address": "三组12号"}
        with self.phone() as phone:
            phone.append(
                New(kind="household.register", target=home, data=_first(residence=residence)),
                New(kind="child.register", target=child, data=_first(
                    identity={"name": name, "sex": "female", "birth_date": born},
                    residence=residence, household=str(home), risk_level="BLUE",
                )),
                together=True,
            )  # fmt: skip
            phone.sync()
        self.children.append((child, home))
        return child

    def visit(
        self, child: UUID, *, told: dict[str, Any] | None = None, photo: bool = False
    ) -> UUID:
        """A home visit, kept on the phone; the id of the child's part."""
        home = dict(self.children)[child]
        visit, part, at = ids.uuid7(now()), ids.uuid7(now()), now()
        shared = answers.household({"guardian_event": "hospital"} if told else {})
        own = answers.child(shared, told or {}, age=AGE, random=self.random)
        sealed = answers.sealed(shared).data(part=str(part))
        told_of = rounds.new("visit.part", part, child, at, own.data(visit=str(visit)))
        with self.phone() as phone:
            phone.append(
                rounds.new("visit.record", visit, home, at, shared.data(mode="home")),
                replace(told_of, attach=[_photograph(self.random)] if photo else []),
                rounds.new("visit.sealed", ids.uuid7(at), child, at, sealed),
            )
        return part

    def edit(self, child: UUID) -> None:
        with self.phone() as phone:
            carer = self.random.choice(["grandparents", "relatives_friends"])
            phone.edit(child, set={"actual_carer": carer})

    def sync(self, *, tries: int = 20) -> Any:
        """Syncs; a server that is busy or gone is asked again."""
        with self.phone() as phone:
            for _ in range(tries - 1):
                try:
                    return phone.sync()
                except TryLater:
                    threading.Event().wait(0.5)
            return phone.sync()

    def written(self) -> set[UUID]:
        """Every operation this phone ever wrote."""
        with self.phone() as phone:
            return {UUID(op) for (op,) in phone.store.db.execute("SELECT op FROM log")}

    def photographs(self) -> set[tuple[UUID, bytes]]:
        """Every photograph whose bytes this phone still has: its operation and its hash."""
        with self.phone() as phone:
            rows = phone.store.db.execute(
                "SELECT op, sha256 FROM attachment WHERE content IS NOT NULL"
            )
            return {(UUID(op), bytes.fromhex(sha256)) for op, sha256 in rows}

    def held(self) -> set[UUID]:
        """Every record this phone holds with its contents."""
        with self.phone() as phone:
            rows = phone.store.db.execute("SELECT id FROM record WHERE body IS NOT NULL")
            return {UUID(id_) for (id_,) in rows}


@contextmanager
def working(hands: list[Hand]) -> Iterator[None]:
    """All of them at work at the same time until the block ends. Raises what any of them met."""
    stop, met = threading.Event(), []

    def work(hand: Hand) -> None:
        try:
            while not stop.is_set():
                child, _ = hand.random.choice(hand.children)
                hand.visit(child, photo=hand.random.random() < 0.3)
                if hand.random.random() < 0.3:
                    hand.edit(child)
                hand.sync()
        except Exception as error:  # noqa: BLE001 - raised again where the block ends
            met.append(error)

    threads = [threading.Thread(target=work, args=[hand]) for hand in hands]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if met:
        raise met[0]


def until(holds: Callable[[], bool], *, seconds: float = 30) -> bool:
    """Waits for something that others bring about."""
    end = now() + dt.timedelta(seconds=seconds)
    while not holds():
        if now() > end:
            return False
        threading.Event().wait(0.2)
    return True


def _photograph(random: Random) -> Attached:
    """A small picture that no other is the same as."""
    image = Image.frombytes("RGB", (48, 64), random.randbytes(48 * 64 * 3))
    stored = io.BytesIO()
    image.save(stored, "JPEG")
    return Attached(content=stored.getvalue(), type="image/jpeg")


def _first(**values: Any) -> dict[str, Any]:
    return {"set": {name: {"v": value, "saw": []} for name, value in values.items()}}
