"""From an XLSForm in Markdown to an XForm and its manifest; coded lists come from the vocabulary."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from .vocabulary import codes, label

SOURCES = Path(__file__).with_name("xlsforms")
NOT_COLLECTED = "not_collected"
SEALED_GROUP = "sealed"


def form_names() -> list[str]:
    return sorted(path.stem for path in SOURCES.glob("*.md"))


@cache
def compile_form(name: str) -> dict[str, Any]:
    """`{form, version, source, xform, manifest, sha256}` of a shipped form."""
    return compile_source((SOURCES / f"{name}.md").read_text(encoding="utf-8"))


def sheets(source: str) -> dict[str, Any]:
    """The sheets of an XLSForm in Markdown, by name: each a list of rows by column."""
    # Brings openpyxl and lxml along, which most processes never need.
    from pyxform.xls2json_backends import md_to_dict

    read: dict[str, Any] = md_to_dict(source)
    return read


def compile_source(source: str) -> dict[str, Any]:
    """The same for any source; the hash covers the source and the lists injected into it."""
    from pyxform.builder import create_survey_element_from_dict
    from pyxform.xls2json import workbook_to_json
    from pyxform.xls2json_backends import DefinitionData

    workbook = sheets(source)
    lists = sorted({row["type"].split()[1] for row in workbook["survey"] if _is_select(row)})
    workbook["choices"] = [row for name in lists for row in _choice_rows(name)]
    workbook["choices_header"] = [dict.fromkeys(workbook["choices"][0])]
    workbook["sheet_names"] = [*workbook["sheet_names"], "choices"]
    settings = workbook["settings"][0]
    form = settings["form_id"]
    survey = create_survey_element_from_dict(
        workbook_to_json(DefinitionData(**workbook), form_name=form, fallback_form_name=form)
    )
    xform = survey.to_xml(validate=False)
    digest = hashlib.sha256(f"{source}\n{xform}".encode()).hexdigest()
    manifest = {
        "form": form,
        "version": settings["version"],
        "sha256": digest,
        "questions": _questions(workbook["survey"]),
    }
    return {
        "form": form,
        "version": settings["version"],
        "source": source,
        "xform": xform,
        "manifest": manifest,
        "sha256": digest,
    }


def list_codes(name: str) -> list[str]:
    """The codes a question may answer with; `not_collected` is one of them for every list."""
    return [*(code for code in codes(name) if code != NOT_COLLECTED), NOT_COLLECTED]


def _choice_rows(name: str) -> list[dict[str, str]]:
    return [
        {
            "list_name": name,
            "name": code,
            "label::中文 (zh)": _label(name, code, "zh"),
            "label::English (en)": _label(name, code, "en"),
        }
        for code in list_codes(name)
    ]


def _label(name: str, code: str, language: str) -> str:
    return label("yes_no" if code == NOT_COLLECTED else name, code, language)


def _is_select(row: dict[str, str]) -> bool:
    return row["type"].startswith("select_")


def _questions(rows: list[dict[str, str]]) -> list[dict[str, Any]]:
    questions: list[dict[str, Any]] = []
    open_containers: list[dict[str, str]] = []
    for row in rows:
        if row["type"].startswith("begin_"):
            open_containers.append(row)
        elif row["type"].startswith("end_"):
            open_containers.pop()
        else:
            questions.append(_question(row, open_containers))
    return questions


def _question(row: dict[str, str], containers: list[dict[str, str]]) -> dict[str, Any]:
    """`relevant` holds the conditions of the groups around the question too."""
    kind, _, list_name = row["type"].partition(" ")
    repeats = [box["name"] for box in containers if box["type"] == "begin_repeat"]
    conditions = [box["relevant"] for box in (*containers, row) if box.get("relevant")]
    return {
        "name": row["name"],
        "type": kind,
        "list": list_name or None,
        "codes": list_codes(list_name) if list_name else None,
        "repeat": repeats[-1] if repeats else None,
        "required": row.get("required") == "yes",
        "relevant": " and ".join(f"({condition})" for condition in conditions) or None,
        "constraint": row.get("constraint"),
        "sealed": SEALED_GROUP in (box["name"] for box in containers),
    }
