"""The first act: two phones, one child, a visit without signal, and what became of it."""

import datetime as dt
from random import Random

from sync.client import Phone
from sync.client.errors import TryLater
from sync.client.transport import Answer, Http, Raw

from .played import PEOPLE, Handset, Json, StepFailed, Story, check, first, visit

GIVEN = ["小雨", "小雪", "明轩", "思远", "佳怡", "子涵", "志强", "春燕", "文静", "晓东"]
RECEIPT = "台公（示例）受案字2026第0815号"
WORDS = "奶奶去医院了，家里就我。"


def two_phones_for_one_village(story: Story) -> str:
    office = story.desk("admin")
    known = {row["phone"]: row["id"] for row in office.every("people/", role="village_supervisor")}
    missing = {who: card for who, card in PEOPLE.items() if card[1] not in known}
    if missing:
        rows = [
            {
                "name": name,
                "phone": phone,
                "role": "village_supervisor",
                "prefixes": [story.village],
            }
            for name, phone in missing.values()
        ]
        made = office.result(office.post("people/bulk", {"rows": rows}))["people"]
        known |= {card[1]: id_ for card, id_ in zip(missing.values(), made, strict=True)}
    story.people = {who: known[phone] for who, (_, phone) in PEOPLE.items()}
    story.hand("A", "A")
    # The village committee's phone: two supervisors work on it.
    story.hand("B", "B", "A")
    for phone in story.phones.values():
        phone.sync()
    called = _numbers(story.phones["A"])
    return f"phones A and B are enrolled by one-time codes; {called} numbers to call are on A"


def _numbers(phone: Handset) -> int:
    """Read without a network: everybody whom a rule names has a number on it."""
    duty = phone.do("config", "duty")["duty"]
    people = phone.do("config", "people")["people"]
    without = [code for code, offices in duty.items() if not offices and not people.get(code)]
    check(not without, f"nobody can call {without}")
    return len({line["phone"] for book in (duty, people) for own in book.values() for line in own})


def a_child_is_registered(story: Story) -> str:
    random = Random(str(story.started))
    story.child_name = random.choice("龙杨吴张潘石") + random.choice(GIVEN)
    born = (story.started.date() - dt.timedelta(days=6 * 365 + 120)).isoformat()
    residence = {"division": story.village, "address": "三组12号"}
    lines: list[Json] = [
        {"kind": "household.register", "target": "@home", "data": {"set": first(residence=residence)}},
        {"kind": "guardian.register", "target": "@grandmother", "file": "@home", "data": {"set": first(
            identity={"name": "龙桂兰"}, contact={"phone": "13900000000"}, household="@home",
        )}},
        {"kind": "child.register", "target": "@child", "data": {"set": first(
            identity={"name": story.child_name, "sex": "female", "birth_date": born},
            residence=residence, household="@home", risk_level="BLUE", actual_carer="grandparents",
        ), "add": {"categories": {"LEFT_BEHIND": {"v": {}, "saw": []}}}}},
    ]  # fmt: skip
    saved = story.phones["A"].record(*lines, together=True)
    story.household, story.child = saved[0]["target"], saved[2]["target"]
    report = story.phones["A"].applied()
    check(report["sent"] == 3, f"sent {report['sent']}")
    story.phones["B"].sync()
    for name, phone in story.phones.items():
        held = phone.records(type="child", file=story.child)
        check(held and held[0]["values"]["identity"]["name"] == story.child_name, f"phone {name}")
    return f"{story.child_name}, 6, is registered on A and held by both phones"


def no_adult_in_the_house(story: Story) -> str:
    """Two days ago, without signal."""
    phone, at = story.phones["A"], story.started - dt.timedelta(days=2)
    story.extra["at"] = at
    told = {
        "adult_with_child_now": "no", "actual_carer": "nobody", "child_cared_for": "no",
        "child_words": WORDS, "facts_observed": "门口没有人，孩子坐在门槛上。",
        "police_called": "yes", "police_called_at": at.isoformat(timespec="minutes"),
        "police_receipt": RECEIPT, "actions_taken": "已打110，陪孩子到民警来。",
    }  # fmt: skip
    answer = phone.say(*visit(story, {"guardian_event": "hospital"}, told, at=at))
    shown, saved = the_phone_says_what_to_do(answer), answer["saved"]
    story.extra["visit"], story.extra["part"] = saved[0]["target"], saved[1]["target"]
    phone.do("edit", story.child, "--set", 'actual_carer="nobody"')
    waiting = phone.do("status")["operations"]["unsent"]
    check(waiting == 4, f"{waiting} operations wait")
    check(not story.queue(), "the office knows of it already")
    return f"{shown}; all is kept on A, nothing has reached the office"


def the_phone_says_what_to_do(answer: Json) -> str:
    """Before any network: the finding, whom to call with which number, what to write down."""
    found = {one["rule"]: one for one in answer.get("advice", {}).get("findings", ())}
    check("R10" in found, f"the phone says {answer.get('advice')}")
    r10 = found["R10"]
    check(r10["severity"] == "critical" and r10["do"]["zh"].startswith("立即拨打110"), f"{r10}")
    numbers = [number["phone"] for call in r10["call"] for number in call["numbers"]]
    check(numbers[:1] == ["110"], f"the numbers are {numbers}")
    noted = [item["code"] for item in r10["write_down"]]
    check({"call_time", "call_officer", "call_receipt"} <= set(noted), f"to write down: {noted}")
    return f"A shows R10 and to call {numbers[0]} at once, and asks for time, officer and receipt"


def a_colleague_edits_the_same_child(story: Story) -> str:
    phone = story.phones["B"]
    phone.do(
        "edit", story.child, "--set", 'actual_carer="relatives_friends"',
        "--set", 'school={"name": "台拱镇中心小学", "status": "primary"}',
        "--person", story.people["B"],
    )  # fmt: skip
    phone.applied()
    return "B sets the carer to relatives and adds the school, and syncs first"


class LosesAnswers:
    """The server answers, and the answer does not arrive."""

    def __init__(self, server: str) -> None:
        self.line = Http(server)

    def post(self, path: str, body: bytes, *, media: str, headers: dict[str, str]) -> Answer:
        self.line.post(path, body, media=media, headers=headers)
        raise TryLater("the line was cut before the answer came")

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Raw:
        self.line.send(method, path, body, headers)
        raise TryLater("the line was cut before the answer came")


def the_answer_is_lost_and_a_sends_again(story: Story) -> str:
    cut = Phone(story.phones["A"].store, connect=LosesAnswers)
    try:
        cut.sync()
        raise StepFailed("the sync must not succeed when its answer is lost")
    except TryLater:
        pass
    finally:
        cut.close()
    story.extra["opened"] = [row["id"] for row in story.queue()]
    report = story.phones["A"].applied()
    receipts = report["receipts"]
    check(report["again"] == 4 and all(r["again"] for r in receipts), f"receipts {receipts}")
    edit = receipts[3]
    check({"merged", "conflict"} <= set(edit["flags"]), f"the edit's flags are {edit['flags']}")
    return "4 receipts, all `applied` and `again`"


def one_escalation_with_r10(story: Story) -> str:
    rows = story.queue()
    check(len(rows) == 1, f"{len(rows)} escalations")
    row = story.escalation = rows[0]
    check(story.extra["opened"] == [row["id"]], "it was not there before the answer was lost")
    detail = story.desk("officer").get(f"escalations/{row['id']}/")
    rules = {finding["rule"]: finding for finding in detail["findings"]}
    check("R10" in rules, f"the rules are {sorted(rules)}")
    found = rules["R10"]
    check(found["severity"] == "critical" and row["severity"] == "critical", "not critical")
    check(found["basis"] and found["facts"].get("no_adult_now") is True, f"finding {found}")
    observed, received = (dt.datetime.fromisoformat(row[c]) for c in ("observed_at", "received_at"))
    check(abs(observed - story.extra["at"]) < dt.timedelta(minutes=5), f"observed {observed}")
    check(received - observed > dt.timedelta(days=1, hours=23), f"received {received}")
    check(row["deadline"], "no deadline")
    receipts = [call["receipt"] for call in detail["police"]]
    check(RECEIPT in receipts, f"the police receipts are {receipts}")
    basis = "; ".join(found["basis"])
    return (
        f"R10 critical, rules {sorted(rules)}, deadline {row['deadline']}, basis {basis};"
        f" seen {observed:%m-%d %H:%M}, received {received:%m-%d %H:%M}, police receipt kept"
    )


def merged_with_one_conflict(story: Story) -> str:
    story.phones["B"].sync()
    for name in ("A", "B"):
        held = story.phones[name].records(type="child", file=story.child)[0]
        check(held["conflicts"] == ["actual_carer"], f"{name}: conflicts {held['conflicts']}")
        check(held["values"]["school"]["status"] == "primary", f"{name}: {held['values']}")
    asked = story.phones["B"].do("conflicts")["conflicts"]
    (asked,) = [conflict for conflict in asked if conflict["record"] == story.child]
    values = sorted(write["value"] for write in asked["values"])
    check(values == ["nobody", "relatives_friends"], f"the values are {values}")
    return "both phones have B's school; only the carer is in question, with both values kept"
