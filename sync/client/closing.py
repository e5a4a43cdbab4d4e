"""When this phone's files are closed, and what closes them. New work is taken in any case."""

import datetime as dt
from collections.abc import Iterable, Mapping
from contextlib import suppress

from . import attachments, configuration, outbox
from .errors import Closed, NoPin, Unsealed
from .store import Store

# Nobody leaves a phone in a drawer for longer; a clock that moves further has been set.
LONGEST_STEP = dt.timedelta(days=366)
NOTED_EACH = dt.timedelta(hours=1)
LOCK, UNLOCK, WIPE = "lock", "unlock", "wipe"


def why(store: Store, now: dt.datetime) -> str | None:
    """The code of what keeps the files closed, or None when they are open."""
    if store.vault.is_destroyed or store.get("wipe"):
        return "client.wiped"
    if store.get("locked"):
        return "client.ordered"
    if store.get("revoked"):
        return "client.revoked"
    if _lease_over(store, now):
        return "client.lease"
    return None if store.vault.is_open else "client.locked"


def check(store: Store, now: dt.datetime) -> None:
    """Raises `Closed`. What is found to be over now also needs the PIN again, where there is one."""
    observe(store, now)
    code = why(store, now)
    if code is None:
        return
    if code == "client.lease" and not store.get("lease_over"):
        # Once: when the PIN was given since, the contact that renews the lease needs the key.
        _need_pin(store)
        store.set(lease_over=True)
    elif code in ("client.ordered", "client.revoked"):
        _need_pin(store)
    raise Closed(code)


def check_pin_is_enough(store: Store, now: dt.datetime) -> None:
    """After the right PIN. Raises `Closed` where the office has to allow it; a lease takes a contact."""
    if why(store, now) == "client.lease":
        store.set(lease_over=True)
    else:
        check(store, now)


def _lease_over(store: Store, now: dt.datetime) -> bool:
    days = store.get("config", {}).get("lease", {}).get("value", {}).get("days")
    return days is not None and _gone_by(store, now) > dt.timedelta(days=days)


def _gone_by(store: Store, now: dt.datetime) -> dt.timedelta:
    """The time since the last contact, as far as the phone's clock ran forward.

    Neither a clock set back nor one that is ten years ahead closes the files or makes the lease
    endless: such a step counts nothing, and what follows it counts.
    """
    seen = store.get("lease_seen")
    if seen is None:
        return dt.timedelta()
    step = now - dt.datetime.fromisoformat(seen)
    counts = dt.timedelta() <= step <= LONGEST_STEP
    return dt.timedelta(seconds=store.get("lease_used", 0)) + (step if counts else dt.timedelta())


def observe(store: Store, now: dt.datetime) -> None:
    """Notes the phone's clock whenever the phone is used; a write only each hour or after a jump."""
    seen = store.get("lease_seen")
    if seen is None or dt.timedelta() <= now - dt.datetime.fromisoformat(seen) < NOTED_EACH:
        return
    gone = _gone_by(store, now).total_seconds()
    store.set(lease_seen=now.isoformat(), lease_used=gone)


def renew(store: Store, now: dt.datetime, *, refused: str | None) -> None:
    """A pull was answered: the lease runs anew, unless the answer was that this phone gets nothing."""
    store.set(revoked=refused == "device.revoked")
    if refused is None:
        store.set(lease_seen=now.isoformat(), lease_used=0, lease_over=False)
    elif refused == "device.revoked":
        _need_pin(store)


def may_pull(store: Store) -> bool:
    """Whether there is a place to put what a pull would bring."""
    return store.vault.is_open and not (store.get("locked") or store.get("wipe"))


def obey(store: Store, orders: Iterable[Mapping[str, str]]) -> None:
    """Carries out what was ordered, each once. A wipe only closes here: `wipe` ends the sync.

    An order that this client does not know is left alone.
    """
    done: list[str] = store.get("done", [])
    for order in orders:
        if order["id"] in done or order["do"] not in (LOCK, UNLOCK, WIPE):
            continue
        if order["do"] == WIPE:
            store.set(wipe=order["id"])
            continue
        store.set(locked=order["do"] == LOCK)
        if order["do"] == LOCK:
            _need_pin(store)
        done.append(order["id"])
    store.set(done=done)


def confirmed(store: Store, told: Iterable[str]) -> None:
    """The server has heard that these were carried out."""
    heard = set(told)
    store.set(done=[order for order in store.get("done", []) if order not in heard])


def purge(store: Store) -> None:
    """Removes everything readable; the next sync loads it anew. Raises `Unsealed`."""
    outbox.check_sealed(store)
    attachments.check_sealed(store)
    for table in ("record", "exit"):
        store.db.execute(f"DELETE FROM {table}")
    store.db.execute("UPDATE log SET line = NULL")
    attachments.close(store)
    configuration.purge(store)
    store.set(cursor=None)


def wipe(store: Store) -> None:
    """Destroys the key of everything readable, for good. Raises `Unsealed` where that would lose something.

    What stays: the sealed entries, the places and hashes of the log, and what it takes to send them.
    """
    purge(store)
    store.db.execute(
        "UPDATE log SET kind = '', target = '', file = '',"
        " receipt = json_object('code', json_extract(receipt, '$.code'))"
    )
    store.db.execute("UPDATE attachment SET file = ''")
    store.vault.destroy()
    people = [{"id": person["id"]} for person in store.get("people", [])]
    config = {n: part for n, part in store.get("config", {}).items() if n == "outbox"}
    ordered = store.get("wipe")
    done = [*store.get("done", []), *([ordered] if isinstance(ordered, str) else [])]
    store.set(people=people, config=config, done=done, wipe=True)


def lock(store: Store) -> None:
    """From now on it takes a PIN. Raises `NoPin`, and `Unsealed`: too many wrong ones destroy the key."""
    if store.vault.is_open:
        outbox.check_sealed(store)
        attachments.check_sealed(store)
        store.vault.close()


def _need_pin(store: Store) -> None:
    """Where there is a PIN and nothing depends on the key; the files are closed in any case."""
    with suppress(NoPin, Unsealed):
        lock(store)
