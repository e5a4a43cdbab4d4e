"""Which open words belong under seal and which speak of a danger, over vectors the phone reads too."""

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from pyxform.xls2json_backends import md_to_dict

from fieldforms import words
from fieldforms.compile import compile_form

FILE = json.loads(Path(__file__).with_name("word_vectors.json").read_text(encoding="utf-8"))
VECTORS: list[dict[str, Any]] = FILE["vectors"]
LISTS = ("harmless", *words.KINDS)
# Named by the issue: none of these may ask her anything.
NAMED = ["打工", "打电话", "打针", "打扫", "性格", "性别", "摸底", "累死了", "死记硬背"]
FORMS = ("household_visit", "concern_report")
each_list = pytest.mark.parametrize("kind", LISTS)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["text"][:20] or "empty")
def test_words_speak_of_danger_where_the_vector_says(vector: dict[str, Any]) -> None:
    assert words.read(vector["text"]) == vector["speaks"]


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS if len(v["text"]) > 3], ids=lambda vector: vector["text"][:20]
)
def test_words_are_read_alike_as_one_answer_among_others(vector: dict[str, Any]) -> None:
    answers = {"facts_observed": "家里干净，灶上有饭。", "child_words": vector["text"]}
    found = words.spoken({"answers": answers})
    assert found == {kind: {"child_words": vector["text"]} for kind in vector["speaks"]}


@pytest.mark.slow
def test_words_of_danger_are_read_alike_by_a_phone() -> None:
    """`words.mjs` reads by the head of `words.yaml` alone, without the shortcuts taken here."""
    given = {
        "words": yaml.safe_load(words.SOURCE.read_text(encoding="utf-8")),
        "texts": [vector["text"] for vector in VECTORS],
    }
    run = ["node", str(Path(__file__).with_name("words.mjs"))]
    done = subprocess.run(run, input=json.dumps(given), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [vector["speaks"] for vector in VECTORS]


def test_every_purpose_and_every_harmless_word_of_the_issue_has_a_vector() -> None:
    assert {vector["purpose"] for vector in VECTORS} == {"holds", "does not", "harmless", "edge"}
    harmless = {v["text"] for v in VECTORS if v["purpose"] == "harmless"}
    assert set(NAMED) <= harmless
    doubled = Counter(vector["text"] for vector in VECTORS)
    assert [text for text, count in doubled.items() if count > 1] == []


@each_list
def test_phrases_are_written_as_a_text_is_read(kind: str) -> None:
    assert [phrase for phrase in words.phrases(kind) if words.normal(phrase) != phrase] == []


@each_list
def test_no_phrase_is_there_twice_or_for_nothing(kind: str) -> None:
    phrases = words.phrases(kind)
    assert len(phrases) == len(set(phrases))
    if kind != "harmless":
        assert [(a, b) for a in phrases for b in phrases if a != b and a in b] == []


def test_longer_harmless_phrases_are_taken_out_before_those_in_them() -> None:
    """Otherwise the order, and not the words, would decide what is left."""
    phrases = words.phrases("harmless")
    later = {phrase: place for place, phrase in enumerate(phrases)}
    wrong = [(a, b) for a in phrases for b in phrases if a != b and a in b and later[a] < later[b]]
    assert wrong == []


def test_no_harmless_phrase_takes_a_listed_one_out_that_is_longer() -> None:
    listed = [phrase for kind in words.KINDS for phrase in words.phrases(kind)]
    wrong = [(h, p) for h in words.phrases("harmless") for p in listed if h in p]
    assert wrong == []


def test_all_phrases_are_tried_that_could_be_in_a_text() -> None:
    """The index by beginnings finds what trying each phrase finds."""
    texts = [words.normal(vector["text"]) for vector in VECTORS]
    for kind in LISTS:
        for text in texts:
            held = [phrase for phrase in words.phrases(kind) if phrase in text]
            tried = words._possible(kind, words._pieces(text))
            assert [phrase for phrase in tried if phrase in text] == held


@pytest.mark.parametrize("form", FORMS)
def test_every_open_text_question_is_read_and_nothing_else(form: str) -> None:
    questions = compile_form(form)["manifest"]["questions"]
    answers = {question["name"]: "x" for question in questions}
    read = {name for name, _ in words.texts({"answers": answers})}
    assert read == {
        question["name"]
        for question in questions
        if question["type"] == "text"
        and not question["sealed"]
        and question["name"] not in {"child_id", "police_receipt"}
    }
    assert {"facts_observed", "child_words"} <= read


@pytest.mark.parametrize("form", FORMS)
def test_the_hint_of_open_words_sends_what_is_private_into_the_sealed_part(form: str) -> None:
    """Without naming what: the family may see the screen."""
    rows = {
        row["name"]: row
        for row in md_to_dict(compile_form(form)["source"])["survey"]
        if "name" in row
    }
    answers = dict.fromkeys(rows, "x")
    for name, _ in words.texts({"answers": answers}):
        if rows[name]["type"] == "text":
            assert "私密的写在密封部分" in rows[name]["hint::中文 (zh)"], name
            assert "private" in rows[name]["hint::English (en)"], name


@pytest.mark.parametrize("form", FORMS)
def test_the_question_about_open_words_is_sealed_and_names_no_subject(form: str) -> None:
    asked = {question["name"]: question for question in compile_form(form)["manifest"]["questions"]}
    question = asked[words.QUESTION]
    assert (question["type"], question["sealed"]) == ("select_one", True)
    # Always asked where the words could be moved to; the phone shows it only for certain words.
    assert (question["relevant"], question["required"]) == (
        asked["sealed_words"]["relevant"],
        False,
    )
    assert question["codes"] == [words.MOVED, words.LEAVE, "not_collected"]
    row = next(line for line in compile_form(form)["source"].splitlines() if words.QUESTION in line)
    assert words.read(row) == []
    assert not any(word in row for word in ("性", "身体", "body", "sex"))


def test_words_of_other_clients_are_read_and_codes_and_ids_are_not() -> None:
    data = {
        "kind": "other", "visit": "8e1b", "text": "他摸我",
        "answers": {"remarks": "爸爸打我", "mood": "fearful", "online_hours": 3, "sealed_words": "摸"},
    }  # fmt: skip
    assert words.texts(data) == [("text", "他摸我"), ("remarks", "爸爸打我")]
    assert words.spoken(data) == {"sealed": {"text": "他摸我"}, "danger": {"remarks": "爸爸打我"}}


@pytest.mark.parametrize("answers", [None, "他摸我", ["他摸我"], {"child_words": ["他摸我"]}, {}])
def test_answers_of_another_shape_speak_of_nothing(answers: Any) -> None:
    assert words.spoken({"answers": answers}) in ({}, {"sealed": {"answers": "他摸我"}})
