"""What an operation's answers leave to be said: problems that never stop it from being applied."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from sync.entries import Entry
from sync.registry import Problem

from . import answers, queries
from .compile import compile_form, form_names
from .sealing import sealed_questions

# The operation's file says which child; the form's own field for it is not sent.
_NOT_SENT = {"child_id"}
# A question's name in an XForm, and how many problems of one operation are told.
_NAME, _MOST = re.compile(r"[A-Za-z_]\w{0,63}", re.ASCII), 50
Version = tuple[str, str]
Questions = list[Mapping[str, Any]]


def check(entries: Sequence[Entry], *, repeated: bool = False) -> list[list[Problem]]:
    """What cannot be used of operations that name their form; of others nothing is known.

    One list for each entry, in one statement at most. `repeated`: they hold one round of a repeat (a
    child's part), not what stands outside of it. Sealed answers are left out: a problem in a receipt
    would tell what is in them.
    """
    asked = _questions({_version(entry) for entry in entries}, repeated)
    return [_problems(entry, asked.get(_version(entry))) for entry in entries]


def _problems(entry: Entry, asked: Questions | None) -> list[Problem]:
    if asked is None:
        return []
    given = entry.data.get("answers")
    if isinstance(given, Mapping):
        silent = sealed_questions() | _NOT_SENT
        given = {name: value for name, value in given.items() if name not in silent}
    found = answers.check({"questions": asked}, given, entry.data.get("skipped") or ())[1]
    return [
        Problem(_field(said["field"]), said["code"], said["message_zh"], said["message_en"])
        for said in found[:_MOST]
    ]


def _field(name: str) -> str:
    """A receipt is not sealed: words that stand in the place of a question are not repeated in it."""
    return f"answers.{name}" if _NAME.fullmatch(name) else "answers"


def _version(entry: Entry) -> Version:
    return entry.form or "", entry.form_version or ""


def _questions(wanted: Collection[Version], repeated: bool) -> dict[Version, Questions]:
    """By version; what ships is at hand, the rest is looked up together."""
    shipped = _shipped(repeated)
    # PostgreSQL's texts cannot hold a NUL character, and no version has one.
    others = {
        (form, version)
        for form, version in wanted
        if form and version and "\x00" not in form + version
    } - shipped.keys()
    if not others:
        return shipped
    found = queries.manifests(others)
    return shipped | {version: _narrowed(text, repeated) for version, text in found.items()}


@cache
def _shipped(repeated: bool) -> dict[Version, Questions]:
    compiled = [compile_form(name) for name in form_names()]
    return {
        (form["form"], form["version"]): _narrowed(form["manifest"], repeated) for form in compiled
    }


def _narrowed(manifest: Mapping[str, Any], repeated: bool) -> Questions:
    return [
        question
        for question in manifest["questions"]
        if bool(question["repeat"]) is repeated
        and not question["sealed"]
        and question["name"] not in _NOT_SENT
    ]
