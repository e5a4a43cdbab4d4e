"""What waits to be registered counts when a visit is judged that came with it, or before it."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from backend.children.queries import born_of

Card = dict[str, Any]


def lacking(files: Collection[UUID], known: Mapping[UUID, Mapping[str, Any]]) -> set[UUID]:
    """The files of which nobody has registered how old the child is, or where it lives."""
    return {
        file
        for file in files
        if not (born_of(known.get(file, {})) and _division(known.get(file, {})))
    }


def completed(
    card: Mapping[str, Any], waiting: Mapping[UUID | None, Card], own: UUID | None
) -> Card:
    """The card with what the author's phone has written besides: what is registered stands.

    Of an object, such as the identity, the members that are lacking.
    """
    said = waiting.get(own, {})
    whole = {**said, **card}
    for name in ("identity", "residence"):
        if isinstance(card.get(name), Mapping) and isinstance(said.get(name), Mapping):
            given = {part: value for part, value in card[name].items() if value}
            whole[name] = {**said[name], **given}
    return whole


def younger(
    card: Card, waiting: Mapping[UUID | None, Card], own: UUID | None, *, guessed: bool
) -> Card | None:
    """The card with the birth date that others have written, where that makes the child younger.

    What a stranger writes may put nobody in less danger: where no age is known at all the child counts as
    the youngest, and stays so.
    """
    dates = [day for device, said in waiting.items() if device != own and (day := born_of(said))]
    known = born_of(card)
    if not dates or (known is None and not guessed) or (known is not None and max(dates) <= known):
        return None
    identity = card.get("identity")
    named = identity if isinstance(identity, Mapping) else {}
    return {**card, "identity": {**named, "birth_date": max(dates).isoformat()}}


def _division(card: Mapping[str, Any]) -> str:
    residence = card.get("residence")
    return str(residence.get("division") or "") if isinstance(residence, Mapping) else ""
