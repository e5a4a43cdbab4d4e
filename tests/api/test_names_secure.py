"""Words in the place of the protocol's names and of codes stand nowhere in clear; nothing of them is lost."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command

from backend.children.models import Child
from backend.visits.models import VisitPart
from fieldforms.compile import compile_form, form_names
from fieldforms.vocabulary import codes
from sync import names, oplog, rebuild
from sync.models import Operation, Recovered
from tests.attack import rows

from .conftest import COUNTY, NOW, VILLAGE, HttpPhone
from .test_contract import SAMPLES, Bench, bench
from .test_nasty import MARK, edits, evidence
from .test_sync import new, register

__all__ = ["bench"]
WORDS = "她叫龙小燕"
# What is no name of anything in letters alone, as somebody without a Chinese keyboard writes it.
LATIN = "longxiaoyan"
# The lists whose codes stand in columns that phones write.
IN_COLUMNS = (
    "sex", "category", "child_status", "risk_level", "guardianship_rating", "visit_mode", "concern_kind",
    "guardian_warning_kind", "guardian_warning_by",
)  # fmt: skip


def in_clear(words: str = WORDS) -> list[str]:
    """The tables in which the words can be read, as they are or in a column of bytes."""
    forms = (words.encode(), words.encode().hex().encode())
    return [name for name, copied in rows.dump() if any(form in copied for form in forms)]


def written() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every kind with the words in every place that a value or a member's name has."""
    for sample in SAMPLES.values():
        for data in edits() if sample.edit else evidence():
            said = json.loads(json.dumps(data).replace(MARK, WORDS))
            yield sample.kind, {**said, WORDS: WORDS}
            if isinstance(said.get("answers"), dict):
                yield sample.kind, {**said, "answers": {**said["answers"], WORDS: WORDS}}


def test_words_for_names_and_codes_stand_nowhere_in_clear(
    bench: Bench, http_phone: HttpPhone
) -> None:
    lines = [
        bench.say(kind, new(), data, file=bench.file, by=by)
        for by in ("supervisor", "township")
        for kind, data in written()
    ]
    header = dict.fromkeys(("form", "form_version", "ruleset", "session"), WORDS)
    lines += [
        json.dumps({**json.loads(line), **changed}, ensure_ascii=False).encode()
        for line in [bench.say("visit.part", new(), {"answers": {}}, file=bench.file)]
        for changed in ({**header}, {"op": str(new()), "seq": 900, "kind": WORDS})
    ]
    told = bench.send(*lines)
    assert {receipt["outcome"] for receipt in told} <= {"applied", "held", "quarantined"}
    assert in_clear() == []
    assert list(rebuild.differences()) == []


def test_nor_do_registers_with_such_names_on_which_people_disagree(http_phone: HttpPhone) -> None:
    child = register(http_phone)
    for value in ("a", "b"):
        named = {name: {"v": value, "saw": []} for name in (WORDS, "school", "risk_level")}
        http_phone.say(
            "child.edit", child, {"set": named, "add": {"categories": {WORDS: named["school"]}}}
        )
    place = {"v": {"division": COUNTY + WORDS}, "saw": []}
    http_phone.say("child.edit", child, {"set": {"residence": place}})
    http_phone.say("child.edit", child, {"set": {WORDS: 7}})
    *_, malformed = http_phone.sync(*http_phone.log)["receipts"]
    assert (malformed["code"], malformed["fields"]) == ("data.malformed", ["data.set"])
    row = Child.objects.get(id=child)
    assert (row.conflicts, row.categories) == (
        ["residence", "risk_level", "school"],
        ["LEFT_BEHIND"],
    )
    assert row.division in (COUNTY, VILLAGE)
    assert in_clear() == []
    assert list(rebuild.differences()) == []


@pytest.mark.parametrize("words", [WORDS, LATIN])
def test_a_kind_that_nobody_knows_is_hidden_and_its_line_stays_whole(
    http_phone: HttpPhone, words: str
) -> None:
    child = register(http_phone)
    http_phone.say(words, new(), {"text": "x"}, file=child)
    *_, receipt = http_phone.sync(*http_phone.log)["receipts"]
    assert receipt["code"] == "kind.unknown"
    assert in_clear(words) == []
    row = Operation.objects.get(op=receipt["op"])
    assert names.shown(row.kind) == "unknown"
    assert oplog.line(row.op) == http_phone.log[-1]
    assert http_phone.sync(http_phone.log[-1])["receipts"][0]["code"] == "kind.unknown"


@pytest.mark.parametrize("words", [WORDS, LATIN])
def test_the_type_of_a_record_that_a_phone_gives_back_is_hidden_likewise(
    http_phone: HttpPhone, words: str
) -> None:
    child = register(http_phone)
    http_phone.sync(*http_phone.log)
    header = {
        "protocol": 1, "device": str(http_phone.device), "wall": NOW.isoformat(), "pull": False,
        "recovered": [{"type": words, "id": str(new()), "file": str(child), "rev": 1}],
    }  # fmt: skip
    assert http_phone.post(json.dumps(header).encode()).status_code == 200
    assert in_clear(words) == []
    assert names.shown(Recovered.objects.get().type) == "unknown"
    assert list(rebuild.differences()) == []


def test_what_older_code_left_in_clear_is_taken_out_of_it(http_phone: HttpPhone) -> None:
    child = register(http_phone)
    http_phone.say("visit.part", new(), {"answers": {}}, file=child)
    part = UUID(json.loads(http_phone.log[-1])["target"])
    http_phone.say(WORDS, new(), {}, file=child)
    http_phone.say("child.edit", child, {"set": 7})
    *_, unknown, malformed = http_phone.sync(*http_phone.log)["receipts"]
    Operation.objects.filter(op=unknown["op"]).update(kind=WORDS)
    problem = {"field": f"answers.{WORDS}", "code": "x", "zh": "", "en": ""}
    Operation.objects.filter(op=malformed["op"]).update(fields=[f"set.{WORDS}"], problems=[problem])
    Child.objects.filter(id=child).update(status=WORDS, categories=["LEFT_BEHIND", WORDS])
    VisitPart.objects.filter(id=part).update(skipped=[WORDS, "child_seen"])
    assert in_clear() != []
    call_command("conceal", stdout=StringIO())
    assert in_clear() == []
    assert Operation.objects.get(op=unknown["op"]).kind == names.kind_column(WORDS)
    assert Operation.objects.get(op=malformed["op"]).fields == ["set"]
    row = Child.objects.get(id=child)
    assert (row.status, row.categories) == ("registered", ["LEFT_BEHIND"])
    assert VisitPart.objects.get(id=part).skipped == ["child_seen"]


def test_every_name_and_code_of_ours_has_the_shape_of_one() -> None:
    """Or a column would lose it."""
    asked = {
        q["name"] for form in form_names() for q in compile_form(form)["manifest"]["questions"]
    }
    known = {*asked, COUNTY, *(code for name in IN_COLUMNS for code in codes(name))}
    assert [name for name in known if not names.is_code(name)] == []


def test_numbers_and_days_are_no_codes() -> None:
    for said in ("13800138000", "522630201503071234", "2015-03-07", "20150307", "a b", "x" * 65):
        assert not names.is_code(said), said
    assert [names.place(path) for path in ("set.school", f"set.{WORDS}.x", "attachments.12", WORDS)] == [
        "set.school", "set", "attachments.12", "",
    ]  # fmt: skip
