"""Dangers that would end in silence if nobody told of them again."""

import datetime as dt

from deploy.referring import WAYS

from .played import Json, Story, check, visit

NO_CERTIFICATE = {"special_needs": "yes", "disabled": "yes", "disability_certificate": "no"}
SUICIDE = {"suicide_thoughts": "yes", "child_words": "我不想活了。"}


def a_second_danger_joins_what_was_referred(story: Story) -> str:
    """A disability is with the clinic; then the child says that it does not want to live."""
    _seen(story, NO_CERTIFICATE)
    story.escalation = _open(story)
    story.step("acknowledge")
    _refer(story, "rehabilitation")
    before = _open(story)
    check(before["status"] == "referred", f"the escalation is {before['status']}")
    _seen(story, SUICIDE)
    after = _open(story)
    check(after["id"] == before["id"], "the second danger opened another escalation")
    check(
        (after["status"], after["severity"], after["resume"]) == ("open", "high", "referred"),
        f"it is {after['status']}, {after['severity']}, to resume {after['resume']!r}",
    )
    inbox = story.desk("officer").get("notices/")["results"]
    link = f"/office/escalations/{after['id']}/"
    told = [row["title"] for row in inbox if row["link"] == link]
    check(told and "Something new" in told[0], f"the county was told {told}")
    story.escalation = after
    story.step("acknowledge")
    story.step("resume", reason="康复科心理医生已约孩子和姑姑，学校同意陪同。")
    check(_open(story)["status"] == "referred", "it did not go back to its referral")
    return f"the county is told: {told[0]}. Acknowledged anew, it goes on in its referral"


def _seen(story: Story, told: Json) -> None:
    story.phones["A"].record(*visit(story, {}, told, at=dt.datetime.now(dt.UTC)))
    story.phones["A"].applied()


def _open(story: Story) -> Json:
    (row,) = [row for row in story.queue() if row["resolved_at"] is None]
    return row


def _refer(story: Story, need: str) -> None:
    """As an officer does it: drafted from the escalation, looked at, sent to the organisation."""
    officer = story.desk("officer")
    agency, fields = WAYS[need]
    known = {row["name"]: row["id"] for row in officer.get("directory/")["organisations"]}
    asked = {"child": story.child, "escalation": story.escalation["id"]}
    draft = officer.post("referrals/", asked)
    path = f"referrals/{draft['id']}"
    digest = officer.post(f"{path}/preview", {"fields": fields})["digest"]
    due = story.started.date() + dt.timedelta(days=14)
    officer.post(
        f"{path}/send",
        {"revision": draft["revision"], "organisation": known[agency], "due_on": str(due),
         "purpose": "请评估后安排康复训练，并协助办理残疾证。", "fields": fields, "digest": digest},
    )  # fmt: skip
