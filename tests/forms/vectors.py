"""Reads `rule_vectors.json` and judges its cases; the phone's tests read the same file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from backend.concerns import gaps
from backend.concerns.rules.engine import Gap, evaluate
from backend.concerns.rules.model import Ruleset
from fieldforms.facts import Case, collect

from .relevance import questions

FILE = json.loads(Path(__file__).with_name("rule_vectors.json").read_text(encoding="utf-8"))
VECTORS: list[dict[str, Any]] = FILE["vectors"]


@dataclass(frozen=True, slots=True)
class Material:
    """A vector with its base: `open` and `sealed` are answers, None where there are none to judge."""

    form: str
    open: dict[str, Any] | None
    sealed: dict[str, Any] | None
    skipped: frozenset[str]
    case: Mapping[str, Any]

    def given(self, *, sealed: bool) -> Case:
        answers = (self.open or {}) | ((self.sealed or {}) if sealed else {})
        return Case(answers=answers, skipped=self.skipped, **self.case)

    def facts(self, *, sealed: bool) -> dict[str, Any]:
        return collect(self.given(sealed=sealed))


def material(vector: Mapping[str, Any]) -> Material:
    form = vector.get("form", "household_visit")
    base = {**FILE["bases"][form]}
    skipped = frozenset(base["skipped"]) - set(vector.get("shows", ())) | set(
        vector.get("hides", ())
    )
    given, sealed = vector.get("answers", {}), vector.get("sealed", {})
    if given == "attempted":
        skipped = frozenset(questions(form).keys() - FILE["attempted"].keys())
        answers, secret = FILE["attempted"], None if sealed is None else {}
    else:
        answers, secret = _changed(base["answers"], given), _changed(base["sealed"], sealed)
    case = {
        "form": form,
        "version": vector.get("version", base["version"]),
        "observed": date.fromisoformat(vector.get("observed", base["observed"])),
        "child": vector.get("child", base["child"]),
        "history": vector.get("history", ()),
    }
    return Material(form, answers, secret, skipped, case)


def _changed(base: Mapping[str, Any], change: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {name: value for name, value in {**base, **change}.items() if value is not None}


def judge(vector: Mapping[str, Any], ruleset: Ruleset) -> tuple[list[str], list[str]]:
    """What was found and what was not known, as `rule/branch`. A rule that fails fails the test."""
    found, open_ = evaluated(vector, ruleset)
    return sorted(found), sorted(f"{gap.rule}/{gap.branch}" for gap in open_)


def evaluated(vector: Mapping[str, Any], ruleset: Ruleset) -> tuple[list[str], list[Gap]]:
    there = material(vector)
    found: list[str] = []
    open_: list[Gap] = []
    for answers, sealed in ((there.open, False), (there.sealed, True)):
        if answers is None:
            continue
        case, facts = there.given(sealed=sealed), there.facts(sealed=sealed)
        evaluation = evaluate(ruleset, facts, sealed=sealed)
        assert not evaluation.failures
        found += [f"{f.rule}/{f.branch}" for f in evaluation.findings]
        open_ += gaps.of_visit(evaluation.gaps, case, facts)
    return found, open_
