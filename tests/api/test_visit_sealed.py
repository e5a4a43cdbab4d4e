"""Sealed answers: stored with the child, given back to no phone (rules: Sealed)."""

from typing import Any
from uuid import UUID

from backend.visits.models import VisitSealed
from sync import oplog

from .conftest import HttpPhone
from .test_sync import new, register, visit

SEALED = {"sexual_abuse_suspected": "yes", "sealed_words": "他让我不要说"}


def sealed(phone: HttpPhone, child: UUID, **data: object) -> UUID:
    target = new()
    phone.say("visit.sealed", target, {"answers": SEALED, "skipped": [], **data}, file=child)
    return target


def test_sealed_answers_are_applied_and_come_back_to_nobody(http_phone: HttpPhone) -> None:
    child = register(http_phone)
    http_phone.sync(*http_phone.log)
    part = visit(http_phone, child)
    target = sealed(http_phone, child, part=str(part))
    page = http_phone.sync(*http_phone.log[2:])
    assert page["receipts"][-1]["outcome"] == "applied"
    assert VisitSealed.objects.get(id=target).of == part
    http_phone.cursor = None
    again = http_phone.sync()
    (records,) = [entry["records"] for entry in again["enter"] if entry["file"] == str(child)]
    assert str(part) in {record["id"] for record in records}
    assert "visit_sealed" not in {record["type"] for record in records}
    for said in (page, again):
        assert not any(word in str(said) for word in ("他让我不要说", "sexual_abuse"))


def test_sealed_answers_of_a_concern_name_the_concern_or_nothing(http_phone: HttpPhone) -> None:
    child, concern = register(http_phone), new()
    http_phone.say("concern.raise", concern, {"kind": "other"}, file=child)
    named = sealed(http_phone, child, concern=str(concern))
    alone = sealed(http_phone, child)
    http_phone.sync(*http_phone.log)
    assert VisitSealed.objects.get(id=named).of == concern
    assert VisitSealed.objects.get(id=alone).of is None


def test_unusable_sealed_contents_are_kept_and_the_receipt_tells_nothing(
    http_phone: HttpPhone,
) -> None:
    child = register(http_phone)
    sealed(http_phone, child, part="not an id", answers=["?"])
    receipt = http_phone.sync(*http_phone.log)["receipts"][-1]
    assert receipt["outcome"] == "applied"
    assert receipt.keys().isdisjoint({"problems", "fields"})
    assert VisitSealed.objects.count() == 1


def pulled(phone: HttpPhone, child: UUID) -> dict[str, Any]:
    phone.cursor = None
    (records,) = [e["records"] for e in phone.sync()["enter"] if e["file"] == str(child)]
    return {record["id"]: record["data"] for record in records if "data" in record}


def test_what_a_client_put_open_is_sealed_once_and_shown_to_nobody(http_phone: HttpPhone) -> None:
    child, part, concern = register(http_phone), new(), new()
    answers = {"child_seen": "yes", **SEALED}
    http_phone.say("visit.part", part, {"answers": answers, "skipped": ["missing"]}, file=child)
    http_phone.say("concern.raise", concern, {"kind": "other", "answers": answers}, file=child)
    http_phone.sync(*http_phone.log)
    http_phone.sync(*http_phone.log)
    made = {row.of: row for row in VisitSealed.objects.all()}
    assert made.keys() == {part, concern}
    kept = oplog.contents([made[part].op])[made[part].op]
    assert kept == {"part": str(part), "answers": SEALED, "skipped": ["missing"]}
    seen = pulled(http_phone, child)
    assert seen[str(part)]["answers"] == seen[str(concern)]["answers"] == {"child_seen": "yes"}


def test_open_answers_bring_no_sealed_operation_of_the_servers(http_phone: HttpPhone) -> None:
    child = register(http_phone)
    http_phone.sync(*http_phone.log)
    visit(http_phone, child)
    http_phone.sync(*http_phone.log[2:])
    assert not VisitSealed.objects.exists()
