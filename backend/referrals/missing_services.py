"""The steps on a missing child's record, each an operation. Nothing here publishes anything.

All raise `NotFound`, `ReferralStale`, `StepIncomplete` and `StepRefused` as `services` says.
"""

import datetime as dt
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.children import queries as children
from backend.common.errors import NotAllowed, NotFound
from backend.common.language import language
from backend.regions import codes as divisions
from fieldforms.vocabulary import label
from sync.entries import Draft
from sync.protocol import ids
from sync.uploads import queries as uploads

from . import errors, minimum, missing_life, scope
from .models import Missing
from .submitting import DOOR

# What of the identity a notice may show; nothing unless it is chosen.
NAMES = ("name", "sex", "age")


def missing_note(
    *, child: UUID, actor: UUID, now: datetime, observed: datetime | None = None
) -> Missing:
    """Begins the record of a missing child. Raises `NotFound` and `MissingAlready`."""
    county = scope.reach(actor, on=timezone.localdate(now)).county
    lives = children.everybody().filter(id=child).values_list("division", flat=True).first()
    if lives is None or not divisions.covers(county, lives):
        raise NotFound(fields=("child",))
    if Missing.objects.filter(file=child).exclude(status__in=missing_life.MISSING_ENDED).exists():
        raise errors.MissingAlready()
    op = ids.uuid7(now)
    draft = Draft(
        op=op, person=actor, kind="missing.note", target=ids.derived(op, "missing"), file=child,
        data={"division": lives}, at=min(observed or now, now),
    )  # fmt: skip
    if DOOR.hand_in(draft, now).code == "missing.open_already":
        raise errors.MissingAlready()
    return Missing.objects.get(id=draft.target)


def missing_step(
    *, missing: UUID, step: str, given: Mapping[str, Any], actor: UUID, revision: int, now: datetime
) -> Missing:
    """Takes a step; only a lead confirms a notice. Raises `NotAllowed` and `PhotoUnsuited`."""
    row = scope.missing_seen(missing, actor, now=now)
    if step not in missing_life.STEPS:
        raise NotFound(fields=("step",))
    wanted = missing_life.STEPS[step]
    leads = scope.reach(actor, on=timezone.localdate(now)).leads
    if wanted.lead and not divisions.covers(leads, row.division):
        raise NotAllowed()
    columns = _columns(row)
    if row.revision != revision:
        raise DOOR.said_stale(row.id, row.revision, row.noted_at)
    if step not in missing_life.ways(columns):
        raise DOOR.not_possible(missing_life.not_possible(columns, step))
    data = {n: _plain(given[n]) for n in (*wanted.needs, *wanted.may) if given.get(n)}
    if lacking := [name for name in wanted.needs if name not in data]:
        said = ", ".join(label("missing_field", name, language()) for name in lacking)
        raise errors.StepIncomplete(fields=tuple(lacking), missing=said)
    if "photo" in data:
        _check_photo(UUID(data["photo"]), row.file)
    if step == "prepare":  # What a lead confirms is what is shown, whatever the file says later.
        ticked = data.pop("names", ())
        chosen = [name for name in NAMES if name in ticked]
        data["identity"] = minimum.shown(row.file, chosen, on=timezone.localdate(now))
    draft = Draft(
        op=ids.uuid7(now), person=actor, kind=f"missing.{step}", target=row.id, file=row.file,
        data={"revision": revision, **data}, at=now,
    )  # fmt: skip
    DOOR.hand_in(draft, now)
    return Missing.objects.get(id=row.id)


def missing_clue(*, missing: UUID, text: str, actor: UUID, now: datetime) -> UUID:
    """Adds what somebody says she saw; possible until the record is closed."""
    row = scope.missing_seen(missing, actor, now=now)
    if row.status in missing_life.MISSING_ENDED:
        raise DOOR.not_possible(missing_life.not_possible(_columns(row), "find"))
    if not text.strip():
        said = label("missing_field", "words", language())
        raise errors.StepIncomplete(fields=("text",), missing=said)
    op = ids.uuid7(now)
    draft = Draft(
        op=op, person=actor, kind="missing.clue", target=ids.derived(op, "missing_clue"),
        file=row.file, data={"text": text.strip()}, at=now,
    )  # fmt: skip
    DOOR.hand_in(draft, now)
    return draft.target


def _columns(row: Missing) -> dict[str, Any]:
    return {name: getattr(row, name) for name in missing_life.COLUMNS}


def _check_photo(photo: UUID, file: UUID) -> None:
    found = uploads.of_file(file).filter(id=photo, sealed=False, status="complete")
    if not found.exists():
        raise errors.PhotoUnsuited()


def _plain(value: Any) -> Any:
    """As the operation holds it: dates and times as text."""
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
