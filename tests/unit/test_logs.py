"""Log lines: one JSON object each where a machine collects them, and what went wrong stays whole."""

import io
import json
import logging
import logging.config

import pytest

from backend.config.logs import formatter


def said(kind: str) -> str:
    stream = io.StringIO()
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"it": formatter(kind)},
            "handlers": {
                "h": {"class": "logging.StreamHandler", "formatter": "it", "stream": stream}
            },
            "loggers": {"test.logs": {"handlers": ["h"], "level": "INFO", "propagate": False}},
        }
    )
    try:
        raise ValueError("坏")
    except ValueError:
        logging.getLogger("test.logs").exception("push of %d failed", 3)
    return stream.getvalue()


def test_json_is_one_object_a_line_with_the_exception_inside() -> None:
    line = json.loads(said("json"))
    assert line["event"] == "push of 3 failed"
    assert (line["level"], line["logger"]) == ("error", "test.logs")
    assert line["timestamp"].endswith("Z")
    assert "ValueError: 坏" in line["exception"]


@pytest.mark.parametrize("part", ["push of 3 failed", "error", "test.logs", "ValueError: 坏"])
def test_plain_says_the_same(part: str) -> None:
    assert part in said("plain")
