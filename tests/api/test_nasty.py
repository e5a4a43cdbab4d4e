"""What nobody can store, in every record type that phones write, beside good neighbours (SYNC-11).

The values stand in the lines as a phone's JSON would have them, and go over the real endpoint.
"""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from backend.children.models import Child
from backend.concerns.models import Finding
from fieldforms.compile import compile_form, form_names
from sync import ports, rebuild
from sync.models import Operation
from sync.registry import Policy

from .conftest import HttpPhone
from .test_contract import SAMPLES, Bench, bench, contract
from .test_sync import register

__all__ = ["bench"]
MARK = "here be dragons"
# All of them are valid JSON.
NASTY = {
    "nul": r'"\u0000"', "half": r'"a\u0001\ud83d"', "a key": r'{"\udc00\u0000": "\udc00"}',
    "deep": "[" * 200 + "]" * 200, "deeper": '{"a":' * 3000 + "1" + "}" * 3000, "int8": str(2**63),
    "huge": "-1" + "0" * 300, "hugest": "1" + "0" * 5000, "float": "1e400", "year 1": '"0001-01-01"',
    "year 9999": '"9999-12-31T23:59:59-14:00"', "long": '"' + "长" * 10_000 + '"', "nan": '"NaN"',
    "list": "[null, [], {}, 1.5, true]", "object": '{"v": {"v": null}, "": 7}',
}  # fmt: skip
_CARD = ("name", "birth_date", "id_number", "sex", "division", "address", "phone", "status")
_FIELDS = ("identity", "residence", "contact", "life_cycle")
_VALUES = ("household", "risk_level", "guardianship_rating", "actual_carer", "school")
_BESIDE = (
    "visit", "part", "concern", "mode", "kind", "by", "text", "concerns", "attachments", "confirmation",
    "delegation", "on", "reason", "severity", "skipped", "findings",
)  # fmt: skip


def evidence() -> list[dict[str, Any]]:
    """In every question and every member at once, and in the place of whole parts."""
    asked = sorted(
        {q["name"] for form in form_names() for q in compile_form(form)["manifest"]["questions"]}
    )
    beside = dict.fromkeys(_BESIDE, MARK)
    lists = {
        "skipped": [MARK, "x"], "concerns": [MARK], "findings": [{"rule": "R1", "version": MARK}, MARK],
        "attachments": [{"sha256": "0" * 64, "size": MARK, "type": "image/jpeg"}, MARK],
    }  # fmt: skip
    return [
        {**beside, "answers": {**dict.fromkeys(asked, MARK), "severity": "critical"}},
        {**beside, **lists, "answers": {"child_seen": "yes", "severity": "critical"}},
        {"answers": MARK, "severity": "critical"},
    ]


def edits() -> list[dict[str, Any]]:
    card = {"v": dict.fromkeys(_CARD, MARK), "saw": []}
    single = {"v": MARK, "saw": []}
    return [
        {"set": {**dict.fromkeys(_FIELDS, card), **dict.fromkeys(_VALUES, single)}},
        {"add": {"categories": {"x": single}, "aid": {"y": single}}, "set": {}},
        {"set": {"identity": {"v": {"name": "龙小燕"}, "saw": MARK}}},
        {"set": MARK},
    ]


def nasty(line: bytes, value: str) -> bytes:
    """A large value stands in fewer places."""
    written = value.encode()
    return line.replace(json.dumps(MARK).encode(), written, max(1, 3000 // len(written)))


def lines_of(bench: Bench, values: Sequence[str]) -> dict[bytes, str]:
    """Lines with the name of their record type, "" for good neighbours."""
    lines: dict[bytes, str] = {}
    for value in values:
        lines[bench.first(SAMPLES["concern"])[1]] = ""
        for name, sample in SAMPLES.items():
            written = edits() if sample.edit else evidence()
            for data in written if value in ("nul", "object") else written[:2]:
                lines[nasty(bench.first(sample, data)[1], NASTY[value])] = name
    return lines


def in_pushes(lines: dict[bytes, str]) -> list[list[bytes]]:
    pushes: list[list[bytes]] = [[]]
    for line in lines:
        if len(pushes[-1]) == 400 or sum(map(len, pushes[-1])) + len(line) > 900_000:
            pushes.append([])
        pushes[-1].append(line)
    return pushes


def every_line_is_as_it_should_be(bench: Bench, lines: dict[bytes, str]) -> None:
    told = [receipt for push in in_pushes(lines) for receipt in bench.send(*push)]
    reported = set()
    for (line, name), receipt in zip(lines.items(), told, strict=True):
        said = (receipt["outcome"], receipt.get("code"))
        if name and contract.type_of(SAMPLES[name]).policy is Policy.REGISTER:
            assert said in {("applied", None), ("quarantined", "data.malformed")}, line[:400]
        else:
            assert said == ("applied", None), (name, receipt, line[:400])
        if name == "concern":
            reported.add(UUID(receipt["op"]))
    waiting = Operation.objects.filter(code="server.retry") | Operation.objects.filter(
        outcome="received"
    )
    assert not waiting.exists()
    assert reported <= set(Finding.objects.values_list("cause", flat=True))
    contract.nothing_differs()


def test_it_stops_neither_its_own_record_nor_its_neighbours(
    bench: Bench, http_phone: HttpPhone
) -> None:
    every_line_is_as_it_should_be(bench, lines_of(bench, list(NASTY)))
    child = register(http_phone)
    assert http_phone.sync(*http_phone.log)["receipts"][-1]["outcome"] == "applied"
    assert Child.objects.filter(id=child).exists()
    assert list(rebuild.differences()) == []


def test_nor_where_each_goes_alone(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    react = ports.ports().react

    def one_by_one(applied: Any, now: Any) -> Any:
        if len({item.entry.op for item in applied if item.entry.device}) > 1:
            raise RuntimeError("together they are too much")
        return react(applied, now)

    monkeypatch.setattr(ports.ports(), "react", one_by_one)
    every_line_is_as_it_should_be(bench, lines_of(bench, ["nul"]))
