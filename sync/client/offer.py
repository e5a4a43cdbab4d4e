"""After the server was restored: what this phone holds is offered before its copy is replaced.

Ids and revisions first, the contents of what the server wants then. How far it has come is kept, so
that a cut line in the middle goes on where it stopped.
"""

from collections.abc import Iterable
from typing import Any

from . import copy
from .store import Store

# Records named in one call (PROTOCOL.md, "Limits"), and bytes of contents: a phone's line is slow.
OFFERS = 1000
SIZE = 256 * 1024


def begin(store: Store) -> None:
    """Notes that the server has asked; begun once, it goes on until everything was offered."""
    if not under_way(store):
        store.set(offered="")


def under_way(store: Store) -> bool:
    return store.get("offered") is not None


def part(store: Store) -> dict[str, Any]:
    """The header's `offer` and `recovered` for the next call; empty when there is nothing left."""
    offered = store.db.execute(
        "SELECT type, id, file, rev FROM record WHERE body IS NOT NULL AND id > ? ORDER BY id LIMIT ?",
        [store.get("offered", ""), OFFERS],
    ).fetchall()
    recovered = _contents(store)
    members = {"offer": [list(row) for row in offered], "recovered": recovered}
    return {name: member for name, member in members.items() if member}


def answered(store: Store, sent: dict[str, Any], wanted: Iterable[str]) -> None:
    """Notes what the server has taken and what it wants besides."""
    store.db.executemany(
        "DELETE FROM wanted WHERE id = ?", [(record["id"],) for record in sent.get("recovered", [])]
    )
    store.db.executemany(
        "INSERT INTO wanted (id) VALUES (?) ON CONFLICT (id) DO NOTHING", [(id_,) for id_ in wanted]
    )
    if sent.get("offer"):
        store.set(offered=sent["offer"][-1][1])


def end(store: Store) -> None:
    """Everything was offered: the next pull loads afresh."""
    store.set(offered=None, cursor=None)


def _contents(store: Store) -> list[dict[str, Any]]:
    """Wanted records up to the size, at least one if there is any."""
    rows = store.db.execute(
        "SELECT type, id, file, rev, body FROM record WHERE id IN (SELECT id FROM wanted)"
        " AND body IS NOT NULL ORDER BY id"
    )
    found: list[dict[str, Any]] = []
    used = 0
    for type_, id_, file, rev, stored in rows:
        used += len(stored)
        if found and used > SIZE:
            break
        body = copy.body(store, id_, stored)
        found.append({"type": type_, "id": id_, "file": file, "rev": rev, **body})
    return found
