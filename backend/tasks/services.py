"""Asking for a task, carrying it out in a worker, cancelling and forgetting it."""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q

from backend.common import clock, encrypted
from backend.common.errors import DomainError, NotFound
from backend.notifications.nudge import Nudger
from sync.protocol import ids

from . import errors
from .kinds import KINDS, Asked
from .models import CANCELLED, FAILED, FINISHED, OPEN, RUNNING, WAITING, Task

logger = logging.getLogger(__name__)
# One that nobody touched for so long was left by a process that died.
ABANDONED = timedelta(minutes=10)
# After an error nobody expected, or one that passes, it waits so long, and is given up after so many attempts.
PAUSE, ATTEMPTS = timedelta(minutes=1), 3
# Of one person at a time: a second click must not cost a second hour.
AT_ONCE = 5
nudge = Nudger("backend.tasks.tasks.carry_on").nudge


@transaction.atomic
def task_ask(
    *, kind: str, actor: UUID, county: str, said: dict[str, Any], now: datetime, file: bytes = b""
) -> Task:
    """Puts it down for a worker. Raises `TooManyTasks`."""
    if Task.objects.filter(actor=actor, state__in=OPEN).count() >= AT_ONCE:
        raise errors.TooManyTasks(limit=AT_ONCE)
    made = Task(id=ids.uuid7(now), kind=kind, actor=actor, county=county[:6], state=WAITING)
    cipher = encrypted.key(made.id, create=True)
    made.asked_at, made.expires_at = now, now + KINDS[kind].lasts
    made.asked = cipher.seal_json(said)
    made.file = cipher.seal(file) if file else None
    made.save(force_insert=True)
    transaction.on_commit(nudge)
    return made


def task_cancel(*, task: UUID, actor: UUID, now: datetime) -> Task:
    """What is written by then stays. Raises `NotFound` and `TaskEnded`."""
    own = Task.objects.filter(id=task, actor=actor)
    if not _end(own.filter(state__in=OPEN), CANCELLED, now):
        raise errors.TaskEnded() if own.exists() else NotFound(fields=("task",))
    return own.get()


def carry_on() -> int:
    """Carries out everything that nobody works on, the oldest first; how many that were.

    Must not run within a transaction.
    """
    carried = 0
    for task in list(
        Task.objects.filter(_free(clock.now())).order_by("asked_at").values_list("id", flat=True)
    ):
        carried += _carry_out(task)
    return carried


def forget_expired(*, now: datetime) -> int:
    """Results nobody may fetch any more go, and their keys; how many."""
    return _forget(
        Task.objects.filter(expires_at__lte=now).exclude(state__in=OPEN), now, remove=True
    )


def forget(*, county: str, now: datetime) -> None:
    """The results of a county in which a file was erased: they may name the child."""
    _forget(Task.objects.filter(county=county[:6]).exclude(state__in=OPEN), now, remove=False)


def _forget(rows: Any, now: datetime, *, remove: bool) -> int:
    gone = list(rows.values_list("id", flat=True))
    with transaction.atomic():
        Task.objects.filter(id__in=gone).update(result=None)
        encrypted.destroy(gone, now)
        if remove:
            Task.objects.filter(id__in=gone).delete()
    return len(gone)


def _free(now: datetime) -> Q:
    """A time beyond the lease in the future is that of a clock which has come back since."""
    left = Q(touched_at__lt=now - ABANDONED) | Q(touched_at__gt=now + ABANDONED)
    return Q(state__in=OPEN) & (Q(touched_at=None) | left)


def _carry_out(task: UUID) -> bool:
    claim, now = uuid4(), clock.now()
    mine = Task.objects.filter(id=task, state__in=OPEN, claim=claim)
    claimed = Task.objects.filter(_free(now), id=task)
    row = Task.objects.filter(id=task).values("attempts").first()
    if row is None or claimed.update(
        state=RUNNING, claim=claim, touched_at=now, attempts=row["attempts"] + 1
    ) != 1:  # fmt: skip
        return False
    made = Task.objects.get(id=task)
    if made.attempts > ATTEMPTS:
        # Each time the process died at it.
        _end(mine, FAILED, now, problem=_problem(errors.TaskFailed()))
        return True
    kind = KINDS[made.kind]
    try:
        result = kind.run(_asked(made), _step(mine), now)
    except errors.TaskLost:
        return True
    except DomainError as error:
        if error.status == 503:
            _later(mine, made.attempts, error)
        else:
            _end(mine, FAILED, clock.now(), problem=_problem(error))
    except Exception:
        logger.exception("task %s failed at attempt %d", task, made.attempts)
        _later(mine, made.attempts, errors.TaskFailed())
    else:
        sealed = encrypted.key(task).seal_json(result)
        _end(mine, FINISHED, clock.now(), result=sealed, expires_at=clock.now() + kind.lasts)
    return True


def _later(mine: Any, attempts: int, error: DomainError) -> None:
    now = clock.now()
    if attempts >= ATTEMPTS:
        _end(mine, FAILED, now, problem=_problem(error))
    else:
        mine.update(state=WAITING, touched_at=now - ABANDONED + PAUSE)


def _step(mine: Any) -> Any:
    def step(done: int, of: int) -> None:
        if mine.update(done=done, of=of, touched_at=clock.now()) != 1:
            raise errors.TaskLost

    return step


def _asked(made: Task) -> Asked:
    cipher = encrypted.key(made.id)
    assert made.asked is not None
    return Asked(
        id=made.id, actor=made.actor, at=made.asked_at, said=cipher.open_json(made.asked),
        file=cipher.open(made.file) if made.file else b"",
    )  # fmt: skip


def _end(rows: Any, state: str, now: datetime, **more: Any) -> bool:
    ended = rows.update(
        state=state, finished_at=now, touched_at=None, claim=None, asked=None, file=None, **more
    )
    return bool(ended == 1)


def _problem(error: DomainError) -> dict[str, Any]:
    """In both languages: whoever reads it may have another one than the worker."""
    return {
        "code": error.code, "fields": list(error.fields),
        "zh": error.zh.format(**error.context), "en": error.en.format(**error.context),
    }  # fmt: skip
