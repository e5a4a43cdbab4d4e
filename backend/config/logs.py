"""How a log line looks: for a person's eye, or one JSON object a line for a machine that collects them.

No line holds contents. What may pass is decided here, where lines are written, and not where they are
asked for: nobody knows what a library will put into a message one day.

- A message passes if it stands in a source file as it is; put together from values it does not.
- Of our own lines the arguments pass, but an exception only as `sync.faults` describes it.
- Of a library's arguments pass numbers, UUIDs and names of our own code; `…` stands for the rest.
- Of what else hangs on a record passes the route of a request and the status of its answer.
"""

import datetime as dt
import logging
import logging.config
import re
import sys
import threading
import warnings
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog
from structlog.stdlib import ProcessorFormatter

from sync import faults

FORMATS = ("plain", "json")
LEFT_OUT = "…"
_OURS = re.compile(r"(backend|sync|fieldforms|deploy)(\.\w+)+")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLAIN = (bool, int, float, type(None), UUID, dt.date, dt.timedelta)
_LONGEST = 300
# Celery's lines about tasks are written with what stands in this module.
_ELSEWHERE = {"celery": "celery.app.trace"}


class _Word(str):
    """Looks the same by `%s` and by `%r`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def formatter(kind: str) -> dict[str, Any]:
    """An entry of logging's `formatters`; `kind` is one of FORMATS."""
    renderer: Any = structlog.dev.ConsoleRenderer(
        colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
    )
    if kind == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    return {
        "()": ProcessorFormatter,
        "use_get_message": False,
        "processors": [
            _without_contents,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        "pass_foreign_args": True,
    }


def taken_over(*names: str) -> dict[str, Any]:
    """Entries of logging's `loggers`: the handlers they came with go, and their lines go to the root."""
    return {name: {"handlers": [], "propagate": True} for name in names}


def configure(config: dict[str, Any]) -> None:
    """Django's LOGGING_CONFIG. What ends a process or a thread is logged like anything else."""
    logging.config.dictConfig(config)
    logging.captureWarnings(True)
    warnings.showwarning = _warned
    if logging.lastResort is not None:  # for loggers that neither have a handler nor hand on
        logging.lastResort.setFormatter(logging.getLogger().handlers[0].formatter)
    # Else a line that cannot be written is shown on stderr with all its arguments.
    logging.raiseExceptions = False
    sys.excepthook = _ended
    threading.excepthook = lambda gone: _ended(gone.exc_type, gone.exc_value, gone.exc_traceback)
    sys.unraisablehook = lambda lost: _ended(lost.exc_type, lost.exc_value, lost.exc_traceback)


def _warned(
    message: Warning | str, category: type[Warning], filename: str, lineno: int,
    file: Any = None, line: str | None = None,
) -> None:  # fmt: skip
    """Django's about a time without a zone quotes the time."""
    logging.getLogger(__name__).warning(
        "%s at %s:%d", category.__name__, faults.short(filename), lineno
    )


def _ended(kind: type[BaseException], error: BaseException | None, trace: Any) -> None:
    if error is None or issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger(__name__).critical("ended by an error", exc_info=(kind, error, trace))


def _without_contents(_: Any, __: str, given: structlog.typing.EventDict) -> dict[str, Any]:
    """The line of a record, made anew: nothing is handed on that is not named here."""
    record: logging.LogRecord = given["_record"]
    ours = _OURS.fullmatch(record.name) is not None
    error = _error(given.get("exc_info"))
    event = _event(record, given.get("positional_args"), ours=ours)
    if event == LEFT_OUT and error is not None:
        event = faults.summary(error)
    line: dict[str, Any] = {
        "event": event,
        "level": record.levelname.lower(),
        "logger": record.name,
    }
    if not ours:
        line["at"] = f"{faults.short(record.pathname)}:{record.lineno}"
    line |= _of_request(record)
    # Refused input is no fault of ours, and anybody can cause it a thousand times a minute.
    if error is not None and not record.name.startswith("django.security"):
        line["exception"] = faults.report(error)
    return line


def _error(found: Any) -> BaseException | None:
    if isinstance(found, BaseException):
        return found
    return found[1] if isinstance(found, tuple) else None


def _event(record: logging.LogRecord, arguments: Any, *, ours: bool) -> str:
    template = record.msg
    if isinstance(template, BaseException):
        return faults.summary(template)
    if not isinstance(template, str) or not (ours or _is_written(record, template)):
        return LEFT_OUT
    if not arguments:
        return template
    pass_on = _own if ours else _foreign
    given: Any = (
        {name: pass_on(value) for name, value in arguments.items()}
        if isinstance(arguments, Mapping)
        else tuple(pass_on(value) for value in arguments)
    )
    try:
        return template % given
    except (TypeError, ValueError, KeyError):
        return template


def _own(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return _Word(", ".join(str(_own(item)) for item in value))
    if isinstance(value, str):
        seen = "".join(letter if letter.isprintable() else " " for letter in value)
        return _Word(seen if len(seen) <= _LONGEST else f"{seen[:_LONGEST]}…")
    return _any(value)


def _foreign(value: Any) -> Any:
    if isinstance(value, str) and (_OURS.fullmatch(value) or _UUID.fullmatch(value)):
        return _Word(value)
    return _any(value)


def _any(value: Any) -> Any:
    if isinstance(value, BaseException):
        return _Word(faults.summary(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value  # for %d and %.2f
    return _Word(value) if isinstance(value, _PLAIN) else _Word(LEFT_OUT)


def _of_request(record: logging.LogRecord) -> dict[str, Any]:
    """The route and not the path: an address can hold anything."""
    found: dict[str, Any] = {}
    status = getattr(record, "status_code", None)
    if isinstance(status, int):
        found["status"] = status
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    if match is not None:
        found["route"] = f"/{match.route}"
    return found


def _is_written(record: logging.LogRecord, template: str) -> bool:
    elsewhere = sys.modules.get(_ELSEWHERE.get(record.name.partition(".")[0], ""))
    paths = [record.pathname, getattr(elsewhere, "__file__", None)]
    return any(template.strip() in faults.texts(path) for path in paths if path)
