"""The second act: the township settles the conflict, the county works the escalation."""

from .played import PEOPLE, Story, check

OUTCOME = "carer_found"
FEEDBACK = "孩子已由镇里安排在姑姑家，奶奶出院后我们再一起上门。谢谢您守着她。"


def the_township_decides(story: Story) -> str:
    office = story.desk("township")
    rows = list(office.every("conflicts/", type="child", division=story.village))
    (asked,) = [row for row in rows if row["id"] == story.child]
    (disputed,) = asked["registers"]
    said = {value["name"]: value for value in disputed["values"]}
    check(set(said) == {PEOPLE["A"][0], PEOPLE["B"][0]}, f"said by {sorted(said)}")
    path = f"conflicts/child/{story.child}/actual_carer/resolve"
    saw = [value["op"] for value in disputed["values"]]
    half = office.ask("POST", path, {"value": "relatives_friends", "saw": saw[:1]})
    check(half.status == 409, f"who has seen one of two values is answered {half}")
    left = office.post(path, {"value": "relatives_friends", "saw": saw})["conflicts"]
    check(left == [], f"left: {left}")
    for name in ("A", "B"):
        story.phones[name].sync()
        held = story.phones[name].records(type="child", file=story.child)[0]
        settled = held["conflicts"] == [] and held["values"]["actual_carer"] == "relatives_friends"
        check(settled, f"{name}: {held['conflicts']} {held['values']}")
    return f"both values with their authors, {' and '.join(said)}; settled on both phones"


def acknowledged_once(story: Story) -> str:
    stale = story.escalation["revision"]
    story.step("acknowledge")
    late = story.desk("officer2").ask(
        "POST", f"escalations/{story.escalation['id']}/acknowledge", {"revision": stale}
    )
    check(late.status == 409, f"the second officer is answered {late}")
    return f"officer acknowledges; officer2, a moment late, is told: {late.body['message']}"


def assigned_and_begun(story: Story) -> str:
    officer2 = story.desk("officer2").person
    story.step("assign", assigned_to=officer2)
    story.step("start", by="officer2")
    return "officer gives it to officer2, who begins"


def resolved_and_reported_back(story: Story) -> str:
    story.step("resolve", outcome=OUTCOME, reason="镇里已落实照料人，派出所已到场。", feedback=FEEDBACK,
               by="officer2")  # fmt: skip
    (row,) = story.queue()
    check(row["status"] == "resolved", f"status {row['status']}")
    story.phones["A"].sync()
    told = story.phones["A"].records(type="feedback", file=story.child)
    texts = [record["body"].get("text") for record in told]
    check(FEEDBACK in texts, f"feedback on phone A: {told}")
    return f"resolved as {OUTCOME}; phone A reads: {FEEDBACK}"
