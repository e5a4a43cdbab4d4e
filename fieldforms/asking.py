"""Which questions would give facts that are missing. Pure; no Django.

A question that the form version never asked, or that was hidden for good reason, is nobody's omission.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from . import derived
from .facts import NOT_COLLECTED, Case, Source, all_facts, asked_in


def could_know(case: Case, found: Mapping[str, Any], fact: str) -> bool:
    """Whether this form version asks for the fact, or for what it is computed from.

    What is computed from registers alone is a gap of the file: it stays one.
    """
    if _sources(case, found, fact):
        return True
    return not all_facts()[fact].sources and not _inputs(case, found, fact)


def to_ask(case: Case, found: Mapping[str, Any], missing: Collection[str]) -> list[str]:
    """The questions that she can still ask, each once: those that the form shows, and for a hidden one
    the open question that hid it.
    """
    named = [
        question
        for fact in missing
        for source in _sources(case, found, fact)
        for question in _shown(case, source)
    ]
    return list(dict.fromkeys(named))


def _shown(case: Case, source: Source) -> Iterator[str]:
    if source.question not in case.skipped:
        yield source.question
        return
    for gate in source.hidden:
        if gate not in case.skipped and _is_open(case.answers.get(gate)):
            yield gate


def _is_open(answer: Any) -> bool:
    return answer in (None, "", [], NOT_COLLECTED, [NOT_COLLECTED])


def _sources(
    case: Case, found: Mapping[str, Any], fact: str, within: frozenset[str] = frozenset()
) -> list[Source]:
    """The question of a fact in this form version, or those of the absent facts it is computed from.

    Two facts may each say something of the other: `within` are those that led here.
    """
    asked = asked_in(case.form, case.version)
    if fact in asked:
        return [asked[fact][1]]
    led = within | {fact}
    names = [name for name in _inputs(case, found, fact) if name not in led]
    return [source for name in names for source in _sources(case, found, name, led)]


def _inputs(case: Case, found: Mapping[str, Any], fact: str) -> list[str]:
    """The absent facts that the function of a derived fact looks for in this case."""
    derive = derived.FUNCTIONS.get(fact)
    if derive is None:
        return []
    watched = _Watched({name: value for name, value in found.items() if name != fact})
    derive(case, watched)
    return [name for name in dict.fromkeys(watched.absent) if name != fact]


class _Watched(dict[str, Any]):
    """Facts that note which absent ones were looked for: a second list of them would go stale."""

    def __init__(self, found: Mapping[str, Any]) -> None:
        super().__init__(found)
        self.absent: list[str] = []

    def get(self, name: str, default: Any = None) -> Any:
        self._note(name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self._note(name)
        return super().__contains__(name)

    def _note(self, name: object) -> None:
        if not super().__contains__(name):
            self.absent.append(str(name))
