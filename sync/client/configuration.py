"""What the server told this phone to know, by part. What speaks of people is sealed like a record."""

import base64
from collections.abc import Mapping
from typing import Any

from sync.protocol import messages

from .store import Store

Part = Mapping[str, Any]


def keep(store: Store, parts: Mapping[str, Part]) -> None:
    """Takes what came in place of what was known. Raises `Closed`."""
    new = {name: _sealed(store, name, part) for name, part in parts.items()}
    store.set(config={**known(store), **new})


def known(store: Store) -> dict[str, Part]:
    """`{part: {hash, value}}`; a personal one has `sealed` in the place of its value."""
    found: dict[str, Part] = store.get("config", {})
    return found


def value(store: Store, name: str) -> Any:
    """None where the server told nothing of it. Raises `Closed` for a personal part that is closed."""
    part = known(store).get(name, {})
    if "sealed" not in part:
        return part.get("value")
    return messages.parse(store.vault.open(base64.b64decode(part["sealed"]), _about(name)))


def at_hand(store: Store, *, closed: bool) -> dict[str, Any]:
    """Every part's value; what speaks of people only where nothing closes the files."""
    return {
        name: value(store, name)
        for name, part in known(store).items()
        if not (closed and part.get("personal"))
    }


def is_personal(store: Store, name: str) -> bool:
    return bool(known(store).get(name, {}).get("personal"))


def purge(store: Store) -> None:
    """Forgets what speaks of people; the next sync loads it anew."""
    store.set(config={n: part for n, part in known(store).items() if not part.get("personal")})


def _sealed(store: Store, name: str, part: Part) -> Part:
    if not part.get("personal"):
        return part
    sealed = store.vault.seal(messages.write(part["value"]), _about(name))
    return {"hash": part["hash"], "personal": True, "sealed": base64.b64encode(sealed).decode()}


def _about(name: str) -> str:
    return f"config {name}"
