"""What is held or quarantined is read for dangers by the rules, and a person judges by hand."""

import json
from typing import Any
from uuid import UUID

import pytest

from backend.accounts import services as accounts
from backend.accounts.models import Person
from backend.concerns import rulesets
from backend.concerns.models import Escalation, Finding
from backend.visits.models import VisitPart
from sync import decide, names, rebuild, review
from sync.models import File, Operation

from .conftest import COUNTY, NOW, VILLAGE, HttpPhone
from .test_judging import NO_ADULT, Phone, home, phone
from .test_sync import new

__all__ = ["home", "phone"]
RED = {"set": {"risk_level": {"v": "RED", "saw": []}}}


def kinds() -> list[tuple[str, str, bool]]:
    return sorted(Finding.objects.values_list("rule", "severity", "by_hand"))


def test_an_edit_to_the_gravest_level_from_a_revoked_phone_is_looked_at_by_the_county(
    phone: Phone, home: tuple[UUID, UUID], administrator: Person
) -> None:
    child, _ = home
    accounts.device_revoke(device=phone.http.device, reason="lost", actor=administrator.id, now=NOW)
    phone.http.say("child.edit", child, RED)
    (receipt,) = phone.send()
    assert (receipt["outcome"], receipt["code"]) == ("held", "device.revoked")
    assert kinds() == [("kept", "high", True)]
    row = Escalation.objects.get()
    assert (row.file, row.division, row.to) == (child, VILLAGE, ["county_officer", "township"])
    phone.http.say("child.edit", child, {"set": {"risk_level": {"v": "GREEN", "saw": []}}})
    phone.send()
    assert Finding.objects.count() == 1


def test_a_kept_edit_that_nobody_cares_is_a_danger_of_its_own(
    phone: Phone, home: tuple[UUID, UUID], administrator: Person
) -> None:
    """The rules of this file's tests know no carer: so those that ship."""
    rulesets.publish_rules(rulesets.shipped(), actor=None, now=NOW)
    accounts.device_revoke(device=phone.http.device, reason="lost", actor=administrator.id, now=NOW)
    nobody = {"set": {"actual_carer": {"v": "nobody", "saw": []}}}
    phone.http.say("child.edit", home[0], nobody)
    (receipt,) = phone.send()
    assert receipt["outcome"] == "held"
    assert kinds() == [("R2", "high", True)]


def test_an_edit_of_a_child_nobody_knows_opens_a_stub_in_her_county(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    child = new()
    phone.http.say("child.edit", child, RED)
    assert phone.send()[0]["code"] == "target.unknown"
    file = File.objects.get(id=child)
    assert (file.shard, file.stub) == (COUNTY, True)
    assert Escalation.objects.get().division == COUNTY


def test_a_visit_under_an_id_that_is_taken_is_judged_all_the_same(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    child, household = home
    part = phone.visit(child, household, answers={"child_seen": "yes"})
    phone.send()
    phone.visit(child, household, **NO_ADULT)
    twin = json.loads(phone.http.log[-1])
    twin["target"] = str(part)
    phone.http.log[-1] = json.dumps(twin).encode()
    assert [receipt.get("code") for receipt in phone.send()] == [None, "target.taken"]
    assert kinds() == [("R10", "critical", True)]
    assert Finding.objects.get().cause == UUID(twin["op"])
    assert list(rebuild.differences()) == []


def test_a_report_of_a_kind_not_known_yet_is_a_report(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    child, _ = home
    phone.say("concern.raise_v2", child, {"answers": {"severity": "critical"}})
    assert phone.send()[0]["code"] == "kind.unknown"
    assert kinds() == [("concern", "critical", True)]


def test_sealed_answers_in_what_is_kept_are_found_sealed(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    child, household = home
    part = phone.visit(child, household, answers={"child_seen": "yes"})
    phone.send()
    told = {"child_seen": "yes", "sealed_words": "她说的话"}
    phone.say("visit.part", child, {"answers": told})
    twin = json.loads(phone.http.log[-1])
    twin["target"] = str(part)
    phone.http.log[-1] = json.dumps(twin, ensure_ascii=False).encode()
    phone.send()
    assert set(Finding.objects.values_list("sealed", flat=True)) == {True}
    assert Escalation.objects.get().sealed


def test_what_is_applied_after_all_is_not_found_again(
    phone: Phone, home: tuple[UUID, UUID], administrator: Person
) -> None:
    child, household = home
    shared = {"mode": "home", "answers": NO_ADULT["shared"]}
    phone.say("visit.part2", child, {"answers": {**NO_ADULT["answers"], **NO_ADULT["shared"]}})
    phone.send()
    assert kinds() == [("R10", "critical", True)]
    op = Operation.objects.get(kind=names.kind_column("visit.part2")).op
    visit = phone.say("visit.record", household, shared)
    phone.send()
    members: dict[str, Any] = {
        "kind": "visit.part",
        "data": {"visit": str(visit), "answers": NO_ADULT["answers"]},
    }
    repair = decide.Decision(
        kind=review.REPAIR, actor=administrator.id, reason="版本", revision=0, members=members
    )
    assert decide.about_operation(op, repair, now=NOW).outcome == "applied"
    assert VisitPart.objects.filter(op=op).exists()
    assert kinds() == [("R10", "critical", True)]
    assert Escalation.objects.count() == 1
    assert list(rebuild.differences()) == []


WORDS = {"child_seen": "yes", "words": "爸爸天天打他，他说不想活了"}


def test_words_of_danger_in_what_is_no_json_reach_the_senders_county(
    phone: Phone, home: tuple[UUID, UUID]
) -> None:
    """A visit cut by half, one that has lost its file, and one of which nothing is left but words."""
    child, _ = home
    phone.say("visit.part", child, {"answers": WORDS})
    whole = phone.http.log[-1].decode()
    cut = whole[: whole.index("不想活了") + 4]
    lost = "\x01" + cut.replace('"file"', '"f').replace('"target"', '"t')
    for line in (cut, lost, f"\x1b[{WORDS['words']}"):
        (receipt,) = phone.http.sync(line.encode())["receipts"]
        assert receipt["code"] == "line.unreadable"
    found = Finding.objects.values_list("rule", "severity", "by_hand")
    assert set(found) == {("words", "high", True)}
    rows = Escalation.objects.all()
    assert {row.division for row in rows if row.file != child} == {COUNTY}
    assert [row.division for row in rows if row.file == child] == [VILLAGE]
    assert len(rows) == 3
    assert not VisitPart.objects.exists()


@pytest.mark.parametrize("revoked", [False, True])
def test_visits_from_out_of_scope_and_from_revoked_phones_are_applied_and_judged(
    phone: Phone, home: tuple[UUID, UUID], administrator: Person, revoked: bool
) -> None:
    child, household = home
    if revoked:
        sender = phone
        accounts.device_revoke(
            device=phone.http.device, reason="lost", actor=administrator.id, now=NOW
        )
    else:
        from .conftest import person

        stranger = person("stranger", "village_supervisor", "522630100999")
        code = accounts.enrolment_code_create(people=[stranger.id], actor=administrator.id, now=NOW)
        sender = Phone(HttpPhone(code))
    sender.visit(child, household, **NO_ADULT)
    assert {receipt["outcome"] for receipt in sender.send()} == {"applied"}
    assert kinds() == [("R10", "critical", False)]
    flags = {flag for row in Operation.objects.filter(kind="visit.part") for flag in row.flags}
    assert flags == ({"revoked"} if revoked else {"outside"})
