"""What may be said of an exception without its words: they can hold a name, a line, a password.

Said is its class, a stable code where it has one, and where it was raised; its words only where they
stand in a source file as they are. Of a database's error also its number and the names of the table and
the constraint, of a connection that fails what libpq says of it, of a system call which error it was.
"""

import errno
import re
import tokenize
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from traceback import walk_tb
from types import CodeType

_ROOT = f"{Path(__file__).resolve().parent.parent}/"
_INSTALLED = re.compile(r".*/(?:site|dist)-packages/|.*/lib/python3\.\d+/")
_CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)*")
_LONGEST_CODE = 60
# Of a recursion without end the same frame a thousand times is no help to anybody.
_FRAMES = 40
_CHAIN = 8
_LONGEST_WORDS = 300


def summary(error: BaseException) -> str:
    """One line: `ValueError at sync/write.py:120 in write`."""
    frames = _frames(error)
    return f"{_named(error)} at {frames[-1]}" if frames else _named(error)


def report(error: BaseException) -> str:
    """A traceback of several lines, with causes and the members of a group, the cause last."""
    return "\n".join(_lines(error, "", set()))


def place(code: CodeType, line: int | None) -> str:
    return f"{short(code.co_filename)}:{line} in {code.co_name}"


def short(path: str) -> str:
    """Without where this installation lies."""
    inside = path.removeprefix(_ROOT)
    return _INSTALLED.sub("", path if inside.startswith(".venv/") else inside)


def _lines(error: BaseException, mark: str, seen: set[int]) -> Iterator[str]:
    if id(error) in seen or len(seen) >= _CHAIN:
        return
    seen.add(id(error))
    yield mark + _named(error)
    for frame in _frames(error):
        yield f"  {frame}"
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _lines(member, "with ", seen)
    if error.__cause__ is not None:
        yield from _lines(error.__cause__, "because of ", seen)
    elif error.__context__ is not None and not error.__suppress_context__:
        yield from _lines(error.__context__, "while handling ", seen)


def _frames(error: BaseException) -> list[str]:
    """The outermost first."""
    found = [place(frame.f_code, line) for frame, line in walk_tb(error.__traceback__)]
    return found if len(found) <= _FRAMES else [*found[:5], "…", *found[5 - _FRAMES :]]


def _named(error: BaseException) -> str:
    kind = type(error)
    prefix = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    parts = [prefix + kind.__qualname__]
    code = getattr(error, "code", None)
    if isinstance(code, str) and len(code) <= _LONGEST_CODE and _CODE.fullmatch(code):
        parts.append(code)
    parts += _of_database(error) or _of_database(error.__cause__)
    if isinstance(error, ImportError) and error.name:
        parts.append(error.name)
    if isinstance(error, OSError) and error.errno is not None:
        parts.append(errno.errorcode.get(error.errno, str(error.errno)))
    return " ".join(parts) + _words(error)


def _words(error: BaseException) -> str:
    """One word may be a value that happens to stand in the source too; a sentence is none."""
    said = error.args[0] if error.args else None
    trace = error.__traceback__
    if not isinstance(said, str) or " " not in said.strip() or trace is None:
        return ""
    while trace.tb_next is not None:
        trace = trace.tb_next
    if said.strip() in texts(trace.tb_frame.f_code.co_filename) or _of_connection(error):
        return f": {' '.join(said.split())[:_LONGEST_WORDS]}"
    return ""


def _of_connection(error: BaseException) -> bool:
    """Nothing of a statement is in what libpq says before the server has answered one."""
    names = {f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__}
    return "psycopg.OperationalError" in names and getattr(error, "sqlstate", "") is None


def _of_database(error: BaseException | None) -> list[str]:
    """Names are the schema's own; the message and its DETAIL quote what was to be written."""
    diagnosis = getattr(error, "diag", None)
    state = getattr(error, "sqlstate", None)
    if diagnosis is None or not isinstance(state, str):
        return []
    names = [getattr(diagnosis, f"{what}_name", None) for what in ("table", "column", "constraint")]
    return [state, *(name for name in names if isinstance(name, str))]


@lru_cache(maxsize=256)
def texts(path: str) -> frozenset[str]:
    """Every text that stands in a source file, without the space around it; none if it cannot be read."""
    try:
        with tokenize.open(path) as file:
            return frozenset(_constants(compile(file.read(), path, "exec", dont_inherit=True)))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return frozenset()


def _constants(code: CodeType) -> Iterator[str]:
    for constant in code.co_consts:
        if isinstance(constant, str):
            yield constant.strip()
        elif isinstance(constant, tuple):
            yield from (item.strip() for item in constant if isinstance(item, str))
        elif isinstance(constant, CodeType):
            yield from _constants(constant)
