"""The fourth act: a wrong clock, a broken line, a handover, the neighbours and a lost phone."""

import datetime as dt
import json
from random import Random
from uuid import UUID

from deploy import rounds
from deploy.demo_data import answers
from deploy.office import Answer, Office
from sync.client import Phone
from sync.client.transport import Http
from sync.protocol import ids, messages

from .played import Story, check, visit


def a_clock_ten_years_ahead(story: Story) -> str:
    phone = story.phones["A"]
    ahead = dt.timedelta(days=3653)
    wrong = Phone(phone.store, clock=lambda: dt.datetime.now(dt.UTC) + ahead)
    try:
        at = dt.datetime.now(dt.UTC) + ahead
        record, part = ids.uuid7(at), ids.uuid7(at)
        shared = answers.household({})
        own = answers.child(shared, {}, age=6, random=Random(2))
        wrong.append(
            rounds.new("visit.record", record, UUID(story.household), at, shared.data(mode="home")),
            rounds.new("visit.part", part, UUID(story.child), at, own.data(visit=str(record))),
        )
        report = wrong.sync()
    finally:
        wrong.close()
    check([r["outcome"] for r in report.receipts] == ["applied"] * 2, f"{report.receipts}")
    seen = next(
        r for r in phone.records(type="visit_part", file=story.child) if r["id"] == str(part)
    )
    observed = dt.datetime.fromisoformat(seen["body"]["observed"])
    off = abs(observed - dt.datetime.now(dt.UTC))
    check(off < dt.timedelta(minutes=2), f"observed {observed}")
    return f"accepted; stored as {observed:%Y-%m-%d %H:%M %Z}, not ten years from now"


def a_broken_line_harms_only_itself(story: Story) -> str:
    """The client writes no broken line; so this one speaks the protocol by hand."""
    device = str(ids.uuid7(story.started))
    code = story.desk("admin").post("enrolment-codes", {"people": [story.people["A"]]})["code"]
    nobody = Office(story.address)
    card = nobody.post("enrol", {"code": code, "device": device, "app": "story"})
    now = dt.datetime.now(dt.UTC)
    lines: list[bytes] = []
    for number in (1, 2, 3):
        operation = {
            "op": str(ids.uuid7(now)), "device": device, "person": story.people["A"],
            "seq": number, "prev": messages.line_hash(lines[-1]).hex() if lines else None,
            "kind": "visit.record", "target": str(ids.uuid7(now)), "file": story.household,
            "wall": now.isoformat(), "base": 0, "data": {"mode": "phone", "answers": {}},
        }  # fmt: skip
        line = json.dumps(operation).encode()
        lines.append(line[: len(line) // 2] if number == 2 else line)
    header = {"protocol": 1, "device": device, "wall": now.isoformat(), "pull": False}
    answer = send(story.address, card["token"], b"\n".join([json.dumps(header).encode(), *lines]))
    outcomes = [receipt["outcome"] for receipt in answer.body["receipts"]]
    check(outcomes == ["applied", "quarantined", "applied"], f"outcomes {outcomes}")
    story.extra["by hand"] = {"applied": 2, "held": 0, "quarantined": 1, "unsent": 0}
    broken = answer.body["receipts"][1]
    check(broken["code"] == "line.unreadable" and broken["message"], f"receipt {broken}")
    return f"receipts {', '.join(outcomes)}; the middle one says: {broken['message']}"


def send(address: str, token: str, body: bytes) -> Answer:
    response = Http(address).post(
        "/api/v1/sync", body, media="application/x-ndjson",
        headers={"Authorization": f"Token {token}", "Accept-Language": "en"},
    )  # fmt: skip
    return Answer(response.status, response.body)


def handed_over_without_loss(story: Story) -> str:
    """A visits once more before her phone hears that the child is C's now."""
    successor = story.hand("C", "C")
    successor.sync()
    # Children of earlier runs are hers by now; this one is not.
    check(successor.records(type="child", file=story.child) == [], "C holds the child already")
    asked = {"to": story.people["C"], "children": [story.child]}
    order = story.desk("admin").post("caseload/assignments/", asked)
    check(order["counts"].get("moved") == 1, f"the order: {order}")
    late = story.phones["A"].record(*visit(story, {}, {}, at=dt.datetime.now(dt.UTC)))[1]
    report = story.phones["A"].applied()
    check(report["left"] >= 1, f"A was not told to give the file back: {report}")
    check(story.phones["A"].records(type="child", file=story.child) == [], "A still has the file")
    check(successor.sync()["entered"] >= 1, "C did not get the file")
    parts = successor.records(type="visit_part", file=story.child)
    (shown,) = [part for part in parts if part["id"] == late["target"]]
    check(shown["body"]["person"] == story.people["A"], f"attributed to {shown['body']}")
    return "A's late visit is applied as hers and shown to C; A has given the file back, C has it"


def the_other_county_sees_nothing(story: Story) -> str:
    neighbour = story.desk("neighbour")
    for path in ("escalations/", "children/", "conflicts/"):
        check(not list(neighbour.every(path)), f"{path} is not empty")
    for path, id_ in (("children", story.child), ("escalations", story.escalation["id"])):
        ours = neighbour.ask("GET", f"{path}/{id_}/")
        nobodys = neighbour.ask("GET", f"{path}/{ids.uuid7(story.started)}/")
        check(ours.status == 404 and ours == nobodys, f"{ours} and {nobodys}")
    office = story.desk("admin2")
    (person,) = office.every("people/", role="village_supervisor")
    story.people["neighbour"] = person["id"]
    phone = story.hand("neighbour", "neighbour", administrator="admin2")
    report = phone.sync()
    held = phone.do("status")
    check(report["entered"] == report["changed"] == held["records"] == 0, f"{report} {held}")
    return "empty lists, 404 like for an id that never was, an empty phone"


def a_revoked_phone_is_received_but_gets_nothing(story: Story) -> str:
    phone = story.phones["C"]
    device = phone.do("status")["device"]
    before = story.queue()
    story.desk("admin").post(f"devices/{device}/revoke", {"reason": "lost on the bus"})
    phone.record(*visit(story, {}, {}, at=dt.datetime.now(dt.UTC)))
    report = phone.applied()
    check(report["refused"] == "device.revoked", f"refused {report['refused']}")
    check(report["entered"] == report["changed"] == 0, f"{report}")
    check(story.queue() == before, "an unremarkable visit opened an escalation")
    return f"its {report['sent']} operations are applied; it gets nothing back"
