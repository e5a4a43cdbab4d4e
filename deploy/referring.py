"""The demo's service directory, and what its office refers there."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from deploy import rounds
from deploy.cast import PARTNERS
from deploy.demo_data import agencies
from deploy.demo_data.agencies import AGENCIES
from deploy.office import Office, Refusal

# To which agency a need of the demo's visits goes, and with which fields.
WAYS = {
    "rehabilitation": ("示例县人民医院康复科", ["name", "age", "health", "guardians"]),
    "education": ("示例县教育局控辍保学专班", ["name", "sex", "age", "school", "address"]),
}
PURPOSES = {
    "rehabilitation": "请评估后安排康复训练，并协助办理残疾证。",
    "education": "孩子开学后没有到校，请上门了解并劝返。",
}


def keep(administrator: Office, people: dict[str, str]) -> dict[str, Any]:
    """The agencies, each with the accounts that see what is referred to it; `people` by username."""
    known = {row["name"]: row["id"] for row in administrator.get("directory/")["organisations"]}
    for agency in AGENCIES:
        name = agency["name"]
        if name not in known:
            known[name] = administrator.post("directory/", dict(agency))["id"]
        own = [people[one.username] for one, works_for in PARTNERS if works_for == name]
        answer = administrator.ask("PUT", f"directory/{known[name]}/people", {"people": own})
        if answer.status != 200:
            raise Refusal("PUT", f"directory/{known[name]}/people", answer)
    return {"said": f"{len(known)} agencies"}


def numbers(administrator: Office, places: Mapping[str, str]) -> dict[str, Any]:
    """The offices that rules tell a supervisor to call, so that every phone has their numbers."""
    known = {row["name"] for row in administrator.get("directory/")["organisations"]}
    lines = [line for line in agencies.lines(places) if line["name"] not in known]
    for line in lines:
        administrator.post("directory/", line)
    return {"said": f"{len(lines)} offices"}


def refer(officer: Office, partners: dict[str, Office]) -> dict[str, Any]:
    """Of the drafts that visits left, those with a way are sent; one of each is answered."""
    sent = dict.fromkeys(WAYS, 0)
    ids = {row["name"]: row["id"] for row in officer.get("directory/")["organisations"]}
    due = dt.datetime.now(rounds.CHINA).date() + dt.timedelta(days=14)
    for row in list(officer.every("referrals/", status="draft")):
        need = row["need"]
        if need not in WAYS or sent[need] == 2:
            continue
        agency, fields = WAYS[need]
        path = f"referrals/{row['id']}"
        digest = officer.post(f"{path}/preview", {"fields": fields})["digest"]
        asked = {
            "revision": row["revision"], "organisation": ids[agency], "due_on": str(due),
            "purpose": PURPOSES[need], "fields": fields, "digest": digest,
        }  # fmt: skip
        revision = officer.post(f"{path}/send", asked)["revision"]
        if agency in partners and not sent[need]:
            step = {"revision": revision, "step": "accept", "given": {"note": "下周上门"}}
            partners[agency].post(f"partner/{path}/steps", step)
        sent[need] += 1
    return {"said": f"{sum(sent.values())} sent"}
