"""What of an operation's contents only the county's named leads may read."""

from collections.abc import Mapping
from typing import Any

from fieldforms.sealing import sealed_questions

from .scope import SEALED_KINDS

# A report of this kind is sealed as a whole, like the escalation that it opens.
_KIND = "sexual"


def is_sealed(line: Mapping[str, Any]) -> bool:
    data = line.get("data")
    if line.get("kind") in SEALED_KINDS:
        return True
    said = data if isinstance(data, Mapping) else {}
    answers = said.get("answers")
    kinds = answers.get("concern_kinds") if isinstance(answers, Mapping) else None
    return said.get("kind") == _KIND or (isinstance(kinds, list) and _KIND in kinds)


def opened(value: Any) -> Any:
    """Contents without the answers to sealed questions, wherever a client put them."""
    if isinstance(value, Mapping):
        return {
            name: opened(inner) for name, inner in value.items() if name not in sealed_questions()
        }
    return [opened(inner) for inner in value] if isinstance(value, list) else value


def names_sealed(text: str) -> bool:
    """Whether bytes that are no JSON speak of something sealed; in doubt they do."""
    words = (*sealed_questions(), *SEALED_KINDS, f'"{_KIND}"')
    return any(word in text for word in words)
