"""How the published forms word their questions, for showing answers to people."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

from .compile import sheets
from .models import FormVersion


@dataclass(frozen=True, slots=True)
class Question:
    """`label` and `hint` are `{zh, en}`; `list` names the coded list of the answers; `type` is the
    form's; `relevant` is its condition, empty for what is always asked."""

    label: Mapping[str, str]
    type: str
    list: str | None
    hint: Mapping[str, str]
    relevant: str


def questions(form: str) -> Mapping[str, Question]:
    """Every question a form ever asked, by name, in its order; the newest version's words win."""
    versions = FormVersion.objects.filter(form=form).order_by("published_at", "id")
    return _questions(tuple(versions.values_list("id", flat=True)))


def labels(
    in_force: Mapping[str, Mapping[str, str]], *, of: Collection[str]
) -> dict[str, dict[str, dict[str, str]]]:
    """How the versions in force (`queries.in_force`) of these forms word their questions:
    `{form: {question: {zh, en}}}`, in the form's order. Read once for each version.
    """
    return {
        form: _labels(form, card["version"], card["sha256"])
        for form, card in in_force.items()
        if form in of
    }


@lru_cache(maxsize=32)
def _labels(form: str, version: str, sha256: str) -> dict[str, dict[str, str]]:
    (source,) = FormVersion.objects.filter(form=form, version=version).values_list(
        "source", flat=True
    )
    rows = [row for row in sheets(source)["survey"] if _is_question(row)]
    return {row["name"]: dict(_question(row).label) for row in rows}


def _is_question(row: Mapping[str, str]) -> bool:
    return bool(row.get("label::中文 (zh)")) and not row["type"].startswith(("begin_", "end_"))


@lru_cache(maxsize=16)
def _questions(versions: tuple[int, ...]) -> Mapping[str, Question]:
    sources = FormVersion.objects.in_bulk(versions)
    return {
        row["name"]: _question(row)
        for version in versions
        for row in sheets(sources[version].source)["survey"]
        if _is_question(row)
    }


def _question(row: Mapping[str, str]) -> Question:
    kind, _, list_name = row["type"].partition(" ")
    label = {"zh": row["label::中文 (zh)"], "en": row["label::English (en)"]}
    hint = {"zh": row.get("hint::中文 (zh)", ""), "en": row.get("hint::English (en)", "")}
    return Question(label, kind, list_name or None, hint, row.get("relevant", ""))
