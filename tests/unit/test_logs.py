"""Log lines say what went wrong and where, and never a value: whichever library writes them."""

import io
import json
import logging
import logging.config
import sys
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings
from psycopg import OperationalError, errors

from backend.config import logs
from sync import faults

MARK = "龙小燕"


def said(
    kind: str, tell: Callable[[logging.Logger], Any], logger: str = "backend.test_logs"
) -> str:
    """What `tell` writes with a logger of that name."""
    stream = io.StringIO()
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"it": logs.formatter(kind)},
            "handlers": {
                "h": {"class": "logging.StreamHandler", "formatter": "it", "stream": stream}
            },
            "loggers": {logger: {"handlers": ["h"], "level": "DEBUG", "propagate": False}},
        }
    )
    tell(logging.getLogger(logger))
    logging.getLogger(logger).handlers.clear()
    return stream.getvalue()


def fails(logger: logging.Logger) -> None:
    try:
        try:
            int(MARK)
        except ValueError as error:
            raise LookupError(f"{MARK} was looked up") from error
    except LookupError:
        logger.exception("push of %d failed", 3)


def test_json_is_one_object_a_line_with_the_places_inside_and_no_words_that_quote() -> None:
    line = json.loads(said("json", fails))
    assert line["event"] == "push of 3 failed"
    assert (line["level"], line["logger"]) == ("error", "backend.test_logs")
    assert line["timestamp"].endswith("Z")
    first, frame, cause, inner = line["exception"].splitlines()
    assert (first, cause) == ("LookupError", "because of ValueError")
    assert "tests/unit/test_logs.py:" in frame
    assert frame.endswith(" in fails")
    assert inner


@pytest.mark.parametrize("part", ["push of 3 failed", "error", "backend.test_logs", "LookupError"])
def test_plain_says_the_same_without_local_variables(part: str) -> None:
    line = said("plain", fails)
    assert part in line
    assert MARK not in line
    assert "logger =" not in line


class Fault(Exception):
    code = "fault.known"


REQUEST = SimpleNamespace(
    resolver_match=SimpleNamespace(route="api/v1/people/<uuid:person>/"), path=f"/{MARK}"
)
UUID_TEXT = "019383a0-7c70-7a3e-9d4c-000000000001"
# By logger, what is told, and what has to stand in the line.
SAYS: list[tuple[str, Callable[[logging.Logger], Any], str]] = [
    ("backend.a.b", lambda log: log.error("of %s: %s", UUID_TEXT, ["a", 2]), f"of {UUID_TEXT}: a, 2"),
    ("backend.a.b", lambda log: log.error("no: %s", ValueError(MARK)), "no: ValueError"),
    ("backend.a.b", lambda log: log.error("no: %r", [Fault(MARK)]), "Fault fault.known"),
    ("backend.a.b", lambda log: log.error("it is %s", "a\nforged line"), "it is a forged line"),
    ("backend.a.b", lambda log: log.error("%s and %s", "one"), "%s and %s"),
    ("kombu.x", lambda log: log.error(ValueError(MARK)), "ValueError"),
    ("urllib3.x", lambda log: log.debug("GET %s %d", MARK, 503), "GET … 503"),
    ("boto.x", lambda log: log.debug("GET %(url)s", {"url": MARK}), "GET …"),
    ("axes.x", lambda log: log.warning(f"locked out {MARK}"), "at=tests/unit/test_logs.py:"),
    ("celery.x", lambda log: log.info("Task %s[%s]", "sync.tasks.a", UUID_TEXT), f"sync.tasks.a[{UUID_TEXT}]"),
    ("django.x", lambda log: log.error("at %s", MARK, extra={"request": REQUEST, "status_code": 500, "data": MARK}),
     "route=/api/v1/people/<uuid:person>/ status=500"),
]  # fmt: skip


@pytest.mark.parametrize(("logger", "tell", "part"), SAYS)
def test_what_an_operator_needs_passes_and_values_do_not_secure(
    logger: str, tell: Callable[[logging.Logger], Any], part: str
) -> None:
    for kind in logs.FORMATS:
        line = said(kind, tell, logger)
        assert MARK not in line
        assert line.count("\n") == 1
    assert part in said("plain", tell, logger)


def test_an_error_of_the_database_is_told_by_its_number_and_names_secure() -> None:
    raised = errors.lookup("23505")(f"Key (name)=({MARK}) already exists.")
    assert faults.summary(raised) == "psycopg.errors.UniqueViolation 23505"
    # That there is no connection is said by libpq, which has seen no value yet.
    text = "connection failed: the server is not there"
    for error, told in (
        (OperationalError(text), text),
        (Fault(f"{MARK} was there"), "fault.known"),
    ):
        try:
            raise error
        except (OperationalError, Fault) as seen:
            line = faults.summary(seen)
        assert told in line
        assert MARK not in line


def test_a_wrong_host_and_what_else_is_refused_costs_no_traceback_secure() -> None:
    def tell(logger: logging.Logger) -> None:
        try:
            raise Fault(f"{MARK} is no host")
        except Fault as error:
            logger.error(str(error), exc_info=error)

    line = json.loads(said("json", tell, "django.security.DisallowedHost"))
    assert "exception" not in line
    assert "Fault fault.known at tests/unit/test_logs.py" in line["event"]


def test_what_ends_a_process_or_is_a_warning_is_a_line_like_any_other_secure() -> None:
    """Else Python writes the words to the process's error output, which is the log's too."""
    assert sys.excepthook.__module__ == logs.__name__, "by LOGGING_CONFIG"
    for name in ("django", "django.server", "_granian", "granian.access"):
        assert settings.LOGGING["loggers"][name] == {"handlers": [], "propagate": True}
    error = ValueError(MARK)
    told = said("plain", lambda _: sys.excepthook(ValueError, error, None), logs.__name__)
    assert "ended by an error" in told
    assert "ValueError" in told
    assert MARK not in told
    with warnings.catch_warnings():
        told = said("plain", lambda _: logs._warned(MARK, UserWarning, "a.py", 3), logs.__name__)
    assert "UserWarning at a.py:3" in told
    assert MARK not in told
