"""Two dangers that ended in silence: a child whose age nobody knows, and a carer who cannot care."""

import datetime as dt
from random import Random
from typing import Any

from deploy.demo_data import answers

from .played import Json, Story, check, first, lines_of


def a_child_without_a_birth_date(story: Story) -> str:
    """Nobody has papers, and she did not guess: the child counts as under eight."""
    found = _visited(story, "无证件的孩子", {}, adult_with_child_now="no")
    check(found["R10"]["severity"] == "critical", f"the rules are {sorted(found)}")
    check(found["R10"]["facts"]["age_years"] == 0, f"{found['R10']['facts']}")
    return "no birth date, no guess, no adult: R10 critical, police and the county"


def a_carer_with_dementia(story: Story) -> str:
    """Twelve years old, no written delegation: the township visits."""
    born = (story.started.date() - dt.timedelta(days=12 * 365 + 120)).isoformat()
    found = _visited(
        story, "奶奶糊涂了的孩子", {"birth_date": born}, carer_unfitness=["mental"],
        carer_is_delegate="no",
    )  # fmt: skip
    check(set(found) == {"R11"}, f"the rules are {sorted(found)}")
    check(found["R11"]["severity"] == "high", f"{found['R11']}")
    return "a child of twelve and a grandmother with dementia: R11 high, the township reads it"


def _visited(story: Story, name: str, identity: Json, **told: Any) -> dict[str, Json]:
    """Registers a child, visits it, and reads by rule what the township's desk has."""
    phone, now = story.phones["A"], dt.datetime.now(dt.UTC)
    residence = {"division": story.village, "address": "五组3号"}
    saved = phone.record(
        {"kind": "household.register", "target": "@home", "data": {"set": first(residence=residence)}},
        {"kind": "child.register", "target": "@child", "data": {"set": first(
            identity={"name": name, **identity}, residence=residence, household="@home",
            risk_level="BLUE",
        )}},
        together=True,
    )  # fmt: skip
    household, child = (one["target"] for one in saved)
    shared = answers.household({"met_who": "奶奶"})
    part = answers.child(shared, told, age=12, random=Random(3))
    phone.record(*lines_of(shared, part, household=household, child=child, at=now))
    phone.applied()
    township = story.desk("township")
    rows = [row for row in township.every("escalations/", division=story.village)
            if row["child"] == child]  # fmt: skip
    check(len(rows) == 1, f"{len(rows)} escalations")
    detail = township.get(f"escalations/{rows[0]['id']}/")
    return {finding["rule"]: finding for finding in detail["findings"]}
