"""Celery's own signals become signs of life: a task that ended is the worker's, one that was sent is beat's."""

import logging
import time
from typing import Any

from celery.signals import after_task_publish, beat_embedded_init, beat_init, task_postrun
from django.db import Error, close_old_connections

from backend.common import clock

from . import heartbeats

logger = logging.getLogger(__name__)

EVERY = 20.0  # seconds; a sign of life costs a statement, and tasks may follow closely
_written: dict[str, float] = {}


def connect() -> None:
    """Called once, when the apps are ready. Celery keeps no receiver that nobody else holds."""
    task_postrun.connect(_worker_lives, dispatch_uid="health.worker", weak=False)
    for began in (beat_init, beat_embedded_init):
        began.connect(_beat_began, dispatch_uid="health.beat", weak=False)


def _beat_began(**_: Any) -> None:
    # Only in beat's own process: elsewhere a message is sent by whoever had something to do.
    after_task_publish.connect(_beat_lives, dispatch_uid="health.sent", weak=False)


def _worker_lives(**_: Any) -> None:
    _note(heartbeats.WORKER)


def _beat_lives(**_: Any) -> None:
    _note(heartbeats.BEAT)


def _note(name: str) -> None:
    """A database that is away ends neither the worker nor beat: its absence is told by the database's check."""
    moment = time.monotonic()
    if moment - _written.get(name, -EVERY) < EVERY:
        return
    try:
        close_old_connections()
        heartbeats.beat(name, now=clock.now())
    except Error as error:
        logger.warning("no sign of life of the %s was written: %s", name, type(error).__name__)
    else:
        _written[name] = moment
