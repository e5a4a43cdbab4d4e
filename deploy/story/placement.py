"""The third act: the guardianship case, what phones hear of it, and the dossier for a court."""

import json
from pathlib import Path
from typing import Any

from deploy.stack import CannotStart

from .doorstep import RECEIPT, WORDS
from .played import Json, StepFailed, Story, check

AUNT = "姑姑龙秀珍"
DECISION = "台民监（示例）〔2026〕15号"
PURPOSE = "向人民法院提交"
FOR_SUPERVISOR = "孩子暂住姑姑家，平安。请每周去看一次。"
SAFETY = {
    "assessors": ["township", "civil_affairs", "police"], "child_seen_alone": "yes",
    "child_place": "kin", "immediate_danger": "no", "health": "fair", "medical_needed": "no",
    "harmer_has_access": "no", "child_wish": "想住姑姑家，等奶奶回来。", "conclusion": "conditional",
    "conclusion_reason": "奶奶住院，父母在外，姑姑愿意照料。",
}  # fmt: skip


def given_case(story: Story) -> Json:
    """The case as the office has it now."""
    found: Json = story.desk("officer2").get(f"cases/{story.extra['case']}/")
    return found


def step(story: Story, name: str, **given: Any) -> Json:
    """A step of the county's officer, with the revision last seen."""
    body = {"revision": given_case(story)["revision"], "step": name, "given": given}
    done: Json = story.desk("officer2").post(f"cases/{story.extra['case']}/steps", body)
    return done


def a_case_is_opened(story: Story) -> str:
    body = {"child": story.child, "reason": "奶奶住院，家中无成年人，父母一时回不来。",
            "escalation": story.escalation["id"]}  # fmt: skip
    opened = story.desk("officer2").post("cases/", body)
    story.extra["case"] = opened["id"]
    again = story.desk("officer").ask("POST", "cases/", body)
    check(again.status == 409, f"a second case is answered {again}")
    (row,) = story.queue()
    check(row["status"] == "case_opened", f"the escalation is {row['status']}")
    story.escalation = row
    return f"the escalation has become a case; a second one is refused: {again.body['message']}"


def the_child_is_placed(story: Story) -> str:
    early = story.desk("officer2").ask(
        "POST", f"cases/{story.extra['case']}/steps",
        {"revision": given_case(story)["revision"], "step": "take_guardianship", "given": {}},
    )  # fmt: skip
    check(early.status == 409, f"temporary guardianship before anything is answered {early}")
    step(
        story, "report_police", called_at=story.extra["at"].isoformat(),
        police_officer="台拱派出所 吴警官", receipt=RECEIPT,
    )  # fmt: skip
    step(
        story, "place", placement_cause="unattended", placement="kin", carer=AUNT,
        handed_over_by="吴警官", document="移交单（示例）7号", child_wish=WORDS,
        for_supervisor="孩子已由民警送到姑姑家。",
    )  # fmt: skip
    case = given_case(story)
    running = sorted(clock["code"] for clock in case["clocks"])
    check(case["state"] == "emergency_placement", f"state {case['state']}")
    check({"assessment_first", "assessment_full"} <= set(running), f"clocks {running}")
    return f"what comes too early says what is possible: {early.body['message']} Clocks: {running}"


def temporary_guardianship_is_approved_by_a_second_person(story: Story) -> str:
    case = story.extra["case"]
    step(story, "begin_assessment", reason="乡镇、民政、公安三方评估。")
    form = {"form": "safety_assessment", "version": "1", "answers": SAFETY}
    story.desk("officer2").post(f"cases/{case}/assessments/", form)
    step(
        story, "take_guardianship", temporary_ground="prevented", care_form="kin", carer=AUNT,
        document=DECISION, reason="监护人因住院不能履行职责，父母在外。", for_supervisor=FOR_SUPERVISOR,
    )  # fmt: skip
    waiting = given_case(story)
    check(waiting["proposal"] and waiting["state"] == "assessment", f"state {waiting['state']}")
    body = {"revision": waiting["revision"], "note": "同意"}
    own = story.desk("officer2").ask("POST", f"cases/{case}/approve", body)
    check(own.status in (403, 409), f"the proposer's own approval is answered {own}")
    story.desk("lead").post(f"cases/{case}/approve", body)
    done = given_case(story)
    check(done["state"] == "temporary_guardianship", f"state {done['state']}")
    (clock,) = [clock for clock in done["clocks"] if clock["code"] == "temporary"]
    alerts = [alert["at"][:10] for alert in clock["alerts"]]
    # At 3, 6, 9 and 11 months (2014 Opinions 15), and when the year is over.
    check(len(alerts) == 5, f"alerts {alerts}")
    return f"proposed by the officer, approved by the lead; the county is warned on {alerts}"


def the_decision_reaches_both_phones(story: Story) -> str:
    for name in ("A", "B"):
        story.phones[name].sync()
        (card,) = story.phones[name].records(type="case_card", file=story.child)
        said = json.dumps(card["body"], ensure_ascii=False)
        check(card["body"]["state"] == "temporary_guardianship", f"{name}: {said}")
        check(FOR_SUPERVISOR in said, f"{name} is not told what to do: {said}")
        kept = [word for word in (DECISION, AUNT, "prevented", RECEIPT) if word in said]
        check(not kept, f"{name} is shown {kept}")
    return f"both read: {FOR_SUPERVISOR} Neither sees the grounds or the papers"


def a_dossier_is_made(story: Story) -> str:
    office = story.desk("officer2")
    ordered = office.post(f"children/{story.child}/dossiers/", {"purpose": PURPOSE})
    dossier = office.result(ordered)["dossier"]
    (made,) = [
        row for row in office.get(f"children/{story.child}/dossiers/")["dossiers"]
        if row["id"] == dossier
    ]  # fmt: skip
    content = office.download(f"dossiers/{dossier}/open", {"reason": PURPOSE})
    check(content.startswith(b"%PDF"), f"the dossier begins with {content[:20]!r}")
    other = story.desk("neighbour").ask("POST", f"dossiers/{dossier}/open", {"reason": "x"})
    check(other.status in (403, 404), f"the other county is answered {other}")
    story.extra["dossier"] = story.folder / "dossier.pdf"
    story.extra["dossier"].write_bytes(content)
    return f"{len(content) // 1024} KiB, {made['pages']} pages, made by {made['name']}"


def the_dossier_is_verified(story: Story) -> str:
    """Against the database; then once more with one byte of it changed."""
    file: Path = story.extra["dossier"]
    said = story.stack.manage("verify_dossier", str(file)).strip()
    changed = file.with_name("changed.pdf")
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    changed.write_bytes(content)
    try:
        story.stack.manage("verify_dossier", str(changed))
    except CannotStart as refusal:
        return f"{said} With one byte changed: {str(refusal).splitlines()[1]}"
    raise StepFailed("a changed dossier passes for the one that was made")
