"""Every route of the URL conf, found by looking, with the methods it answers."""

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from backend.console.methods import METHODS as PAGES

_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
# Django answers these by itself, from what GET does.
_IMPLIED = {"head", "options", "trace"}
_API = "api/"


@dataclass(frozen=True, order=True)
class Route:
    """One method of one address; `path` has `<name>` for each parameter."""

    path: str
    method: str

    @property
    def parameters(self) -> list[str]:
        return _PARAMETER.findall(self.path)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def routes() -> list[Route]:
    """Sorted by address. A regular expression is its own path and cannot be called."""
    return sorted(
        Route("/" + _PARAMETER.sub(r"<\1>", path), method)
        for path, view in _walk(get_resolver().url_patterns, "")
        for method in methods(view)
        if path.startswith(_API) or method in PAGES
    )


def callbacks() -> list[tuple[str, Callable[..., Any]]]:
    """Every address with its view."""
    return [("/" + path, view) for path, view in _walk(get_resolver().url_patterns, "")]


def _walk(
    patterns: list[URLPattern | URLResolver], prefix: str
) -> Iterator[tuple[str, Callable[..., Any]]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        else:
            yield path, pattern.callback


def methods(view: Callable[..., Any]) -> list[str]:
    """Of a class what it defines; of a function what its decorator lets through, or both kinds."""
    made_of = getattr(view, "cls", None) or getattr(view, "view_class", None)
    if made_of is not None:
        names = [name for name in made_of.http_method_names if hasattr(made_of, name)]
        return [name.upper() for name in names if name not in _IMPLIED]
    layer: Any = view
    while layer is not None:
        allowed = inspect.getclosurevars(layer).nonlocals.get("request_method_list")
        if allowed:
            return [name for name in allowed if name.lower() not in _IMPLIED]
        layer = getattr(layer, "__wrapped__", None)
    return ["GET", "POST"]
