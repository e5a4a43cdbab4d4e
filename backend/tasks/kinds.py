"""The kinds of tasks; apps above hand theirs in, see `config/wiring.py`."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

# Called with how much is done and of how much, in whatever the kind counts. Raises `TaskLost`.
Step = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`said` is what was asked for, as JSON; `file` what came with it, or nothing."""

    id: UUID
    actor: UUID
    at: datetime
    said: Mapping[str, Any]
    file: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`name` is one of the vocabulary's `task_kind`.

    `run` carries it out and returns its result as JSON. It may be called again after a crash and must
    then go on or find what it has done. It is not called within a transaction, has to look at what the
    actor may do by then, and calls the step at least every few minutes. `shown` says the result to
    whoever asked, who may have lost her role since: it raises `NotFound` then.
    """

    name: str
    run: Callable[[Asked, Step, datetime], dict[str, Any]]
    shown: Callable[[dict[str, Any], UUID, datetime], dict[str, Any]] = lambda result, viewer, now: (
        result
    )
    lasts: timedelta = timedelta(days=1)


# Where in a result a file stands that is fetched at `/api/v1/tasks/{id}/file`, and not shown with it.
FILE = "file"


def file_of(name: str, media: str, content: bytes) -> dict[str, str]:
    return {"name": name, "media": media, "content": base64.b64encode(content).decode()}


KINDS: dict[str, Kind] = {}


def install(*kinds: Kind) -> None:
    KINDS.clear()
    KINDS.update({kind.name: kind for kind in kinds})
