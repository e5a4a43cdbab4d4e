"""The demo's county office beside its queue: who is on call, and two guardianship cases."""

import datetime as dt
from typing import Any

from deploy.demo_data.people import COUNTY
from deploy.office import Office
from deploy.rounds import CHINA

WEEKS = 4
_POLICE = {"police_officer": "台拱派出所 吴警官", "receipt": "台公（示例）受案字2026第0731号"}
_PLACED = {
    "placement_cause": "unattended", "placement": "kin", "carer": "姨妈杨秋菊",
    "handed_over_by": "吴警官", "document": "移交单（示例）3号", "child_wish": "想和姨妈住。",
    "for_supervisor": "孩子暂住姨妈家，平安。请每周去看一次。",
}  # fmt: skip


def on_call(lead: Office, officers: list[Office]) -> dict[str, Any]:
    """The officers by turns, a week each from today on; the lead stands in."""
    today = dt.datetime.combine(dt.datetime.now(CHINA).date(), dt.time(8), tzinfo=CHINA)
    begin = today - dt.timedelta(days=1)
    for week in range(WEEKS):
        officer = officers[week % len(officers)]
        lead.post("duty/shifts/", {
            "division": COUNTY, "person": officer.person, "deputies": [lead.person],
            "starts_at": (begin + dt.timedelta(weeks=week)).isoformat(),
            "ends_at": (begin + dt.timedelta(weeks=week + 1)).isoformat(),
        })  # fmt: skip
    return {"said": f"{WEEKS} weeks"}


def cases(officer: Office) -> dict[str, Any]:
    """The two gravest that are worked on have become cases: one reported, one child placed."""
    rows = [row for row in officer.every("escalations/", status="in_progress") if row["child"]]
    for row, placed in zip(rows, (True, False), strict=False):
        reason = {"reason": "监护人一时不能照料，亲属中尚在商量。", "escalation": row["id"]}
        case = officer.post("cases/", {"child": row["child"], **reason})
        called = {"called_at": row["received_at"], **_POLICE}
        done = _step(officer, case, "report_police", called)
        if placed:
            _step(officer, done, "place", _PLACED)
    return {"said": f"{min(2, len(rows))} cases"}


def _step(officer: Office, case: dict[str, Any], step: str, given: dict[str, Any]) -> Any:
    body = {"revision": case["revision"], "step": step, "given": given}
    return officer.post(f"cases/{case['id']}/steps", body)
