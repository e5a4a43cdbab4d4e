"""How a log line looks: for a person's eye, or one JSON object a line for a machine that collects them."""

from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter

FORMATS = ("plain", "json")


def formatter(kind: str) -> dict[str, Any]:
    """An entry of logging's `formatters`; `kind` is one of FORMATS."""
    renderer: Any = structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0)
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if kind == "json":
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
        shared.append(structlog.processors.format_exc_info)
    return {
        "()": ProcessorFormatter,
        "processors": [ProcessorFormatter.remove_processors_meta, renderer],
        "foreign_pre_chain": shared,
    }
