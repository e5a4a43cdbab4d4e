"""Every label of every list is whole and in both languages, so that no rule or danger reads half a sentence.

In YAML an unquoted comma ends a value in braces, ` #` begins a comment, and a doubled key hides the
first: each cuts a label without an error. What a file may hold is written here, member by member.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyxform.xls2json_backends import md_to_dict

from fieldforms.vocabulary import codes

ROOT = Path(__file__).parents[2]
HAN = re.compile(r"[\u3400-\u9fff]")
BLANK = re.compile(r"{(\w+)}")
# Beside its labels a code may have what the lists' own words say of it.
OF_A_CODE = {"basis", "needs", "must_file", "authority", "risk_level"}
FACT = {"type", "list", "between", "unused", "asked", "sealed"}
ASKED = {"from", "question", "holds_for", "hidden", "unsure"}
RULE = {"id", "version", "title", "branches", "basis", "lesson"}
BRANCH = {"says", "when", "severity", "to", "deadline", "do", "statutory"}
TIMED_ROW = {"to", "notice", "rises", "risk", "severity", "deadline", "administrators"}


class Strict(yaml.SafeLoader):
    """Refuses a doubled key, of which the safe loader would keep the last."""


def _mapping(loader: Strict, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    assert len(keys) == len(set(keys)), f"{node.start_mark}: a key stands twice"
    return {
        key: loader.construct_object(value, deep=True)
        for key, (_, value) in zip(keys, node.value, strict=True)
    }


Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def read(text: str) -> Any:
    return yaml.load(text, Loader=Strict)


def members(entry: Mapping[str, Any], needed: set[str], allowed: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    assert needed <= set(entry) <= needed | set(allowed), set(entry)


def pair(entry: Any) -> None:
    members(entry, {"zh", "en"})
    for text in entry.values():
        assert isinstance(text, str)
        assert text.strip()
        assert text.count("(") == text.count(")")
        assert text.count("（") == text.count("）")
    assert not HAN.search(entry["en"]), entry
    assert set(BLANK.findall(entry["zh"])) == set(BLANK.findall(entry["en"])), entry


def vocabulary(lists: Any) -> None:
    for entries in lists.values():
        for entry in entries.values():
            members(entry, {"zh", "en"}, OF_A_CODE)
            pair({"zh": entry["zh"], "en": entry["en"]})


def facts(entries: Any) -> None:
    for entry in entries.values():
        members(entry, {"type"}, FACT)
        for asked in entry.get("asked", []):
            members(asked, {"from", "question"}, ASKED)


def texts(pages: Any) -> None:
    for entries in pages.values():
        for entry in entries.values():
            pair(entry)


def messages(kinds: Any) -> None:
    for entry in kinds.values():
        members(entry, {"values", "title", "text"}, {"webhook", "inbox", "sealed", "above"})
        pair(entry["title"])
        pair(entry["text"])


def hotlines(lines: Any) -> None:
    for entry in lines:
        members(entry, {"phone", "kind", "name", "hours", "offers"})
        assert entry["kind"] in codes("agency")
        assert isinstance(entry["hours"], str)
        pair(entry["name"])
        pair(entry["offers"])


def national(rules: Any) -> None:
    for rule in rules:
        members(rule, RULE, {"sealed"})
        pair(rule["title"])
        for branch in rule["branches"]:
            members(branch, BRANCH, {"latest"})
            pair(branch["says"])
            pair(branch["do"])


def by_time(rules: Any) -> None:
    for rule in rules:
        members(rule, {"id", "title", "basis", "do", "rows"})
        pair(rule["title"])
        pair(rule["do"])
        for row in rule["rows"]:
            members(row, {"says"}, TIMED_ROW)
            pair(row["says"])


def columns(entries: Any) -> None:
    for entry in entries.values():
        members(entry, {"header", "en", "reads"}, {"also", "to", "coded", "needed"})
        assert HAN.search(entry["header"])
        assert not HAN.search(entry["en"])


def words(lists: Any) -> None:
    for name, entries in lists.items():
        assert set(entries) <= set(codes(name)), name


def contacts(entries: Any) -> None:
    """Who answers for a recipient; the Chinese words stand in the rules' texts."""
    for code, entry in entries.items():
        assert code in codes("recipient")
        members(entry, set(), {"offices", "digits", "national", "words", "herself"})
        assert set(entry.get("offices", [])) <= set(codes("agency")), code


def spoken(lists: Any) -> None:
    """Phrases, by what they speak of: in whatever language a text is written."""
    settings = {"question", "leave", "moved", "not_read", "dropped", "characters"}
    members(lists, settings | {"harmless", "sealed", "danger"})
    for kind in ("harmless", "sealed", "danger"):
        for phrases in lists[kind].values():
            assert isinstance(phrases, str)
            assert phrases.split()


def working_days(years: Any) -> None:
    for year in years.values():
        members(year, {"holidays", "worked"})


def retention(lines: Any) -> None:
    for line in lines:
        members(line, {"name", "what", "does", "set_by", "ground"}, {"days", "years", "from", "by"})
        pair(line["what"])
        pair(line["ground"])
        if "from" in line:
            pair(line["from"])


SHAPES: Mapping[str, Callable[[Any], None]] = {
    "backend/caseload/roster/columns.yaml": columns,
    "backend/caseload/roster/words.yaml": words,
    "backend/concerns/rules/by_time.yaml": by_time,
    "backend/concerns/rules/contacts.yaml": contacts,
    "backend/concerns/rules/national.yaml": national,
    "backend/concerns/working_days.yaml": working_days,
    "backend/console/texts.yaml": texts,
    "backend/notifications/messages.yaml": messages,
    "backend/referrals/hotlines.yaml": hotlines,
    "backend/retention/schedule.yaml": retention,
    "fieldforms/facts.yaml": facts,
    "fieldforms/vocabulary.yaml": vocabulary,
    "fieldforms/words.yaml": spoken,
}
FILES = [pytest.param(name, id=Path(name).stem) for name in SHAPES]


def source(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_file_of_labels_that_the_rules_and_pages_read_is_looked_at() -> None:
    found = {
        str(path.relative_to(ROOT))
        for part in ("backend", "fieldforms", "sync", "deploy")
        for path in (ROOT / part).rglob("*.y*ml")
        if "node_modules" not in path.parts
    }
    # For whoever runs the machines, in one language.
    found.remove("deploy/alerts.yml")
    assert found == set(SHAPES)


@pytest.mark.parametrize("name", FILES)
def test_every_label_of_a_rule_or_list_is_whole_and_in_both_languages(name: str) -> None:
    SHAPES[name](read(source(name)))


@pytest.mark.parametrize("name", FILES)
def test_no_label_of_a_rule_or_list_is_cut_into_a_key_or_a_comment(name: str) -> None:
    assert [path for path, value in _walk(read(source(name)), name) if value is None] == []
    lines = source(name).splitlines()
    assert [line for line in lines if not line.lstrip().startswith("#") and " #" in line] == []


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, value
    inner = value.items() if isinstance(value, Mapping) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for key, one in inner:
        yield from _walk(one, f"{path}: {key}")


CUTS = {
    "an unquoted comma": "missing: {zh: 失踪, en: Child missing, abducted}",
    "a language too few": "missing: {zh: 失踪}",
    "an empty label": "missing: {zh: 失踪, en: ''}",
    "half a bracket": "missing: {zh: 失踪（被拐, en: Missing}",
    "Chinese for English": "missing: {zh: 失踪, en: 失踪}",
    "a code that stands twice": "missing: {zh: 失踪, en: Missing}\n  missing: {zh: 走失, en: Lost}",
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS)
def test_a_label_that_is_cut_is_noticed_before_a_rule_shows_it(cut: str) -> None:
    with pytest.raises(AssertionError):
        vocabulary(read(f"concern_kind:\n  {cut}\n"))


FORMS = [pytest.param(path, id=path.stem) for path in sorted(ROOT.glob("fieldforms/xlsforms/*.md"))]


@pytest.mark.parametrize("path", FORMS)
def test_every_question_that_a_rule_rests_on_is_worded_in_both_languages(path: Path) -> None:
    rows = md_to_dict(path.read_text(encoding="utf-8"))["survey"]
    for row in rows:
        if not row["type"].startswith("end_"):
            pair({"zh": row["label::中文 (zh)"], "en": row["label::English (en)"]})
        if not row["type"].startswith(("begin_", "end_")):
            pair({"zh": row["hint::中文 (zh)"], "en": row["hint::English (en)"]})
