"""What an adviser says to operations before they are saved: see decisions/0010.

The client knows no record type, so it cannot judge what was seen. The project that it serves can: it
names an adviser, `module:function`, as `[tool.sync-client] adviser` in the `pyproject.toml` beside the
package `sync`, or in the environment as SYNC_CLIENT_ADVISER.
"""

import datetime as dt
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from .. import faults
from .log import New
from .view import Seen

PROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"
VARIABLE = "SYNC_CLIENT_ADVISER"


class Held(Protocol):
    """What the phone has at hand, without a network. Records are not there while it is closed."""

    @property
    def now(self) -> dt.datetime: ...
    @property
    def person(self) -> UUID: ...
    @property
    def closed(self) -> str | None: ...
    @property
    def config(self) -> Mapping[str, Any]: ...
    def record(self, record: UUID | str) -> Seen | None: ...
    def records(self, *, type: str, file: UUID) -> Sequence[Seen]: ...


@dataclass(frozen=True, slots=True)
class Advice:
    """`news` are the operations as they are to be saved: what was shown stands in them. `said` is for
    scripts, `lines` the same for people; both are empty where there is nothing to say.
    """

    news: Sequence[New]
    said: Mapping[str, Any] = field(default_factory=dict)
    lines: Sequence[str] = ()


class Adviser(Protocol):
    def __call__(self, news: Sequence[New], held: Held, *, language: str) -> Advice: ...


def advise(news: Sequence[New], held: Held, *, language: str) -> Advice:
    """A fault of the adviser is told and costs nothing: what was written down is saved as it is."""
    name = adviser_name()
    if not name:
        return Advice(news)
    try:
        return _adviser(name)(news, held, language=language)
    except Exception as error:  # noqa: BLE001  whatever it is, the operation must reach the server
        fault = f"{name} failed ({faults.summary(error)}): saved, and not judged on this phone"
        return Advice(news, {"fault": fault}, [fault])


def adviser_name() -> str:
    """`module:function`, or nothing where the project names none."""
    named = os.environ.get(VARIABLE)
    return named if named is not None else _named_by_project()


@cache
def _named_by_project() -> str:
    if not PROJECT.is_file():
        return ""
    said = tomllib.loads(PROJECT.read_text("utf-8"))
    return str(said.get("tool", {}).get("sync-client", {}).get("adviser", ""))


def _adviser(name: str) -> Adviser:
    module, _, function = name.partition(":")
    found: Adviser = getattr(import_module(module), function)
    return found
