"""The risk level that a person reads is never below the open danger, and tells nobody of what she must
not know (caseload/decisions/0005).
"""

import datetime as dt
import json
from random import Random
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.audit.models import AuditEntry
from backend.caseload import neglect
from backend.caseload.models import Assignment, OpenDanger, RestrictedDanger, VisitDue
from backend.children.models import Child
from backend.concerns import services, watch
from backend.concerns.models import Concern, Escalation, Finding
from backend.dossier import content, lines
from deploy.demo_data import answers as demo
from sync import rebuild
from sync.protocol import ids

from .conftest import COUNTY, NOW, person
from .test_judging import Phone
from .town import VILLAGE, Desk, Town, written

TODAY = timezone.localdate(NOW)
FORM = {"form": demo.FORM, "form_version": demo.VERSION}
INJURED = {"visible_injuries": "yes", "several_injuries": "yes"}
ABUSED = {"sexual_abuse_suspected": "yes"}
WORDS = {"reason": "已核实", "feedback": "孩子已安置"}


class Scene:
    """A child of Wu's, whom people set at GREEN and whom she visits with her phone."""

    def __init__(self, town: Town) -> None:
        self.town = town
        for name, prefix in (("lead", COUNTY), ("above", COUNTY[:4])):
            town.people[name] = person(name, "county_lead", prefix, None)
        self.child = town.child("龙小燕", of="wu", risk_level="GREEN")
        self.phone = Phone(town.phone("wu"))
        self.phone.http.sync()

    @property
    def home(self) -> UUID:
        home = Child.objects.get(id=self.child).household
        assert home
        return home

    def visit(
        self, told: dict[str, Any] | None = None, *, sealed: dict[str, Any] | None = None
    ) -> None:
        """As her phone records it, by the form that is in force."""
        shared = demo.household({})
        part = demo.child(shared, told or {}, age=8, random=Random(1))
        visit = self.phone.say("visit.record", self.home, shared.data(mode="home"), **FORM)
        given = self.phone.say("visit.part", self.child, part.data(visit=str(visit)), **FORM)
        if sealed:
            secret = demo.sealed(shared, sealed)
            self.phone.say("visit.sealed", self.child, secret.data(part=str(given)), **FORM)
        self.send()

    def report(self, **answers: Any) -> None:
        told = {"facts_observed": "邻居说孩子常哭", "severity": "high", **answers}
        self.phone.say(
            "concern.raise", self.child, {"answers": told}, form="concern_report", form_version="3"
        )
        self.send()

    def send(self) -> None:
        assert {receipt["outcome"] for receipt in self.phone.send()} == {"applied"}

    def on_phone(self) -> list[dict[str, Any]]:
        """What a phone that loads everything anew is told to be open."""
        self.phone.http.cursor = None
        files = self.phone.http.sync()["enter"]
        return [r for file in files for r in file["records"] if r["type"] == "open_danger"]

    def end(self, by: str = "officer", *, secret: bool = False) -> None:
        row = Escalation.objects.exclude(status__in=("resolved", "unfounded")).get()
        who = self.town.people[by].id
        row = services.escalation_acknowledge(
            escalation=row.id, actor=who, revision=row.revision, now=NOW
        )
        words = {"reason": "已核实", "feedback": ""} if secret else WORDS
        services.escalation_resolve(
            escalation=row.id, outcome="settled", actor=who, revision=row.revision, now=NOW, **words
        )

    def seen(self, name: str) -> dict[str, Any]:
        """Everything that somebody reads of the child's level: in the list, in the file, in every filter
        and its count, and on the due list."""
        desk = self.town.desk(name)
        listed = desk.get("children/").json()["results"]
        found: dict[str, Any] = {
            "item": next(row for row in listed if row["id"] == str(self.child)),
            "due": _ids(desk, "caseload/due/", step="due"),
            "due, RED": _ids(desk, "caseload/due/", step="due", risk_level="RED"),
        }
        for level in ("RED", "YELLOW", "BLUE", "GREEN"):
            found[level] = _ids(desk, "children/", risk_level=level)
        found["overdue"] = _ids(desk, "children/", overdue="true")
        file = desk.get(f"children/{self.child}/")
        found["file"] = file.json()["item"] if file.status_code == 200 else file.status_code
        return found


def _ids(desk: Desk, path: str, **query: Any) -> tuple[int, list[str]]:
    answer = desk.get(path, **query)
    if answer.status_code != 200:
        return answer.status_code, []
    page = answer.json()
    assert page["count"] == len(page["results"])
    return page["count"], [row["id"] for row in page["results"]]


def filters(scene: Scene, name: str) -> set[str]:
    """The levels by which the child is found."""
    seen = scene.seen(name)
    return {level for level in ("RED", "YELLOW", "BLUE", "GREEN") if seen[level][0]}


@pytest.fixture
def scene(town: Town) -> Scene:
    return Scene(town)


def test_a_danger_she_answers_on_her_form_is_the_risk_level_everybody_reads(scene: Scene) -> None:
    """R6, several injuries: list, file, filter, due date, statistics, and her own phone."""
    before = scene.seen("officer")
    assert (before["item"]["risk_level"], before["item"]["because"]) == ("GREEN", [])
    scene.visit(INJURED)
    reason = Finding.objects.get(rule="R6")
    for name in ("wu", "township", "officer", "lead"):
        seen = scene.seen(name)
        for item in (seen["item"], seen["file"]):
            assert (item["risk_level"], item["risk_set"]) == ("RED", "GREEN")
            (because,) = item["because"]
            assert (because["rule"], because["severity"]) == ("R6", "critical")
            assert because["title"]["zh"].startswith("多处受伤")
            assert dt.datetime.fromisoformat(because["observed"]) == reason.observed
        assert filters(scene, name) == {"RED"}
        assert (seen["item"]["basis"], seen["item"]["due_on"]) == (
            "critical", str(TODAY + dt.timedelta(days=1)),
        )  # fmt: skip
    (record,) = scene.on_phone()
    assert (record["file"], record["level"]) == (str(scene.child), "RED")
    assert [(r["rule"], r["severity"]) for r in record["because"]] == [("R6", "critical")]
    VisitDue.objects.update(county_on=TODAY)
    assert [child for child, _ in neglect.red_and_overdue(TODAY)] == [scene.child]
    assert Child.objects.get().risk_level == "GREEN", "the register is what people set"
    assert list(rebuild.differences()) == []


def test_whoever_reads_no_cases_sees_the_risk_level_and_not_why(scene: Scene) -> None:
    scene.visit(INJURED)
    for name in ("admin", "viewer"):
        item = scene.seen(name)["item"]
        assert (item["risk_level"], item["because"]) == ("RED", [])


@pytest.mark.parametrize(
    ("told", "rule", "level", "days"),
    [
        ({"suicide_thoughts": "yes"}, "R19", "RED", 7),
        ({"hukou_registered": "no"}, "R15", "YELLOW", 14),
    ],
)
def test_each_severity_has_its_risk_level_and_visit_interval(
    scene: Scene, told: dict[str, Any], rule: str, level: str, days: int
) -> None:
    scene.visit(told)
    item = scene.seen("township")["item"]
    assert [reason["rule"] for reason in item["because"]] == [rule]
    assert (item["risk_level"], item["due_on"]) == (level, str(TODAY + dt.timedelta(days=days)))


def test_a_sealed_danger_changes_no_risk_level_for_those_who_may_not_open_it(scene: Scene) -> None:
    """Nor date, filter, count or statistics, and nothing on a phone; the named lead sees it."""
    everybody = ("wu", "township", "officer", "admin", "viewer", "stranger")
    scene.visit()
    with_nothing = {name: scene.seen(name) for name in everybody if name != "stranger"}
    scene.visit({"mood": "calm"}, sealed=ABUSED)
    assert Escalation.objects.get().sealed
    for name, before in with_nothing.items():
        after = scene.seen(name)
        for part in ("item", "file"):
            if isinstance(after[part], dict):
                after[part]["last_visit"] = before[part]["last_visit"]
        assert after == before
    assert scene.on_phone() == []
    VisitDue.objects.update(county_on=TODAY)
    assert neglect.red_and_overdue(TODAY) == []
    lead = scene.seen("lead")
    for item in (lead["item"], lead["file"]):
        assert (item["risk_level"], item["basis"]) == ("RED", "critical")
        assert [reason["rule"] for reason in item["because"]] == ["R5"]
    assert filters(scene, "lead") == {"RED"}
    scene.end("lead", secret=True)
    assert filters(scene, "lead") == filters(scene, "officer") == {"GREEN"}
    assert scene.seen("lead")["item"]["due_on"] == scene.seen("officer")["item"]["due_on"]
    assert not RestrictedDanger.objects.exists()


def test_a_sealed_danger_is_overdue_and_due_only_for_who_may_open_it(scene: Scene) -> None:
    scene.visit(sealed=ABUSED)
    late = {name: TODAY - dt.timedelta(days=1) for name in ("due_on", "supervisor_on", "county_on")}
    RestrictedDanger.objects.update(**late)
    for name, sees in (("lead", 1), ("officer", 0)):
        seen = scene.seen(name)
        assert (seen["overdue"][0], seen["due"][0], seen["due, RED"][0]) == (sees, sees, sees)
        desk = scene.town.desk(name)
        assert len(desk.names("caseload/due/")) == sees
        step = seen["item"]["step"]
        assert step == ("county" if sees else "planned")


@pytest.mark.parametrize(
    ("suspect", "see"),
    [
        ("parent", {"wu", "township", "officer", "lead"}),
        ("supervisor", {"township", "officer", "lead"}),
        ("township_worker", {"officer", "lead"}),
        ("county_worker", set()),
    ],
)
def test_a_danger_that_goes_round_a_level_changes_no_risk_level_there_or_below(
    scene: Scene, suspect: str, see: set[str]
) -> None:
    scene.visit()
    scene.report(concern_kinds=["violence"], beaten="yes", suspected_persons=[suspect])
    for name in ("wu", "township", "officer", "lead"):
        seen = scene.seen(name)
        shown = "RED" if name in see else "GREEN"
        assert (seen["item"]["risk_level"], seen["file"]["risk_level"]) == (shown, shown)
        assert bool(seen["item"]["because"]) == (name in see)
        assert seen["item"]["basis"] == ("critical" if name in see else "risk")
        assert filters(scene, name) == {shown}
    assert scene.seen("above")["item"]["risk_level"] == "RED"
    assert bool(scene.on_phone()) == ("wu" in see)


def test_whoever_is_kept_out_reads_the_risk_level_without_the_danger(scene: Scene) -> None:
    scene.visit(INJURED)
    row = Escalation.objects.get()
    services.escalation_keep_out(
        escalation=row.id, people=[scene.town.officer.id], reason="亲属", revision=row.revision,
        actor=scene.town.people["lead"].id, now=NOW,
    )  # fmt: skip
    officer = scene.seen("officer")
    assert (officer["item"]["risk_level"], officer["item"]["because"]) == ("GREEN", [])
    assert officer["item"]["basis"] != "critical"
    assert filters(scene, "officer") == {"GREEN"}
    assert scene.seen("township")["item"]["risk_level"] == "RED"
    # A phone is read by whoever holds it: it hears no more of it.
    assert [(r["level"], r["because"]) for r in scene.on_phone()] == [("", [])]


def test_the_risk_level_falls_when_the_danger_is_ended_and_not_before(scene: Scene) -> None:
    scene.visit(INJURED)
    scene.visit()
    assert scene.seen("wu")["item"]["risk_level"] == "RED", "a harmless visit ends nothing"
    scene.end()
    assert scene.seen("wu")["item"]["risk_level"] == "GREEN"
    assert [(r["level"], r["because"]) for r in scene.on_phone()] == [("", [])]
    assert list(rebuild.differences()) == []


def test_the_risk_level_stays_until_each_concern_is_resolved_by_name(scene: Scene) -> None:
    """To end the escalation is not to resolve what somebody reported: it stays open, and shown."""
    scene.report()
    scene.report(concern_kinds=["violence"])
    first, second = Concern.objects.order_by("observed").values_list("id", flat=True)
    scene.end()
    assert scene.seen("wu")["item"]["risk_level"] == "RED"
    row = Escalation.objects.get()
    for concern, level in ((first, "RED"), (second, "GREEN")):
        services.concerns_resolve(
            escalation=row.id, concerns=[concern], reason="已处理", now=NOW,
            actor=scene.town.officer.id,
        )  # fmt: skip
        assert scene.seen("wu")["item"]["risk_level"] == level


def test_a_concern_resolved_by_name_lowers_no_risk_level_while_its_escalation_is_worked_on(
    scene: Scene,
) -> None:
    scene.report()
    services.concerns_resolve(
        escalation=Escalation.objects.get().id, concerns=[Concern.objects.get().id],
        reason="已处理", actor=scene.town.officer.id, now=NOW,
    )  # fmt: skip
    assert scene.seen("wu")["item"]["risk_level"] == "RED"
    scene.end()
    assert scene.seen("wu")["item"]["risk_level"] == "GREEN"


def test_neither_a_resend_nor_a_people_s_edit_lowers_the_shown_risk_level(scene: Scene) -> None:
    scene.visit(INJURED)
    before = (scene.on_phone(), OpenDanger.objects.get().revision)
    scene.phone.http.sync(*scene.phone.http.log)
    assert (scene.on_phone(), OpenDanger.objects.get().revision) == before
    saw = [json.loads(line)["op"] for line in scene.phone.http.log]
    scene.phone.http.say(
        "child.edit", scene.child, {"set": {"risk_level": {"v": "BLUE", "saw": saw}}}
    )
    scene.send()
    assert scene.seen("wu")["item"]["risk_level"] == "RED"


def test_a_danger_of_a_child_that_nobody_has_registered_is_its_risk_level_from_the_first(
    scene: Scene,
) -> None:
    child = ids.uuid7(NOW)
    data = {"answers": {"severity": "critical", "facts_observed": "路边的孩子"}}
    scene.phone.say("concern.raise", child, data, form="concern_report", form_version="3")
    secret = {"answers": ABUSED}
    scene.phone.say("visit.sealed", child, secret, form=demo.FORM, form_version=demo.VERSION)
    scene.send()
    registers = {
        "identity": {"name": "无名", "sex": "female", "birth_date": "2018-03-07"},
        "residence": {"division": VILLAGE, "address": "村口"},
    }
    edits = {name: {"v": value, "saw": []} for name, value in registers.items()}
    scene.phone.http.say("child.register", child, {"set": edits})
    scene.send()
    scene.child = child
    assert scene.seen("wu")["item"]["risk_level"] == "RED"
    lead = scene.seen("lead")["item"]
    assert {reason["rule"] for reason in lead["because"]} == {"concern", "R5"}
    assert RestrictedDanger.objects.get().due_on is not None


def test_the_risk_level_costs_a_list_of_twenty_no_more_statements_than_of_one(scene: Scene) -> None:
    counts = []
    for size in (1, 19):
        for _ in range(size):
            scene.child = scene.town.child("龙小燕", of="wu")
            scene.report()
            scene.report(sexual_abuse_suspected="yes")
        desk = scene.town.desk("lead")
        with CaptureQueriesContext(connection) as captured:
            desk.get("children/", risk_level="RED")
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_the_danger_command_makes_the_same_risk_levels_from_the_tables(scene: Scene) -> None:
    scene.visit(INJURED, sealed=ABUSED)
    known, secret = (list(model.objects.values()) for model in (OpenDanger, RestrictedDanger))
    due = list(VisitDue.objects.values())
    assert len(secret) == 1
    RestrictedDanger.objects.all().delete()
    OpenDanger.objects.update(level="", because=[])
    call_command("open_dangers")
    again = OpenDanger.objects.get()
    assert (again.level, again.because) == (known[0]["level"], known[0]["because"])
    assert list(RestrictedDanger.objects.values()) == secret
    assert list(VisitDue.objects.values()) == due


def ratings(scene: Scene, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        scene.town.desk(name).get(f"children/{scene.child}/").json()["ratings"]
    )
    return found


def rate(scene: Scene, name: str, level: str, saw: list[str], reason: str = "家访所见") -> Any:
    return scene.town.desk(name).post(
        f"children/{scene.child}/risk-level", level=level, reason=reason, saw=saw
    )


@pytest.mark.parametrize("name", ["township", "officer", "lead"])
def test_the_office_sets_a_risk_level_with_a_reason(scene: Scene, name: str) -> None:
    (before,) = ratings(scene, name)
    answer = rate(scene, name, "YELLOW", [before["op"]])
    assert (answer.status_code, answer.json()["risk_level"]) == (200, "YELLOW")
    assert Child.objects.get().risk_level == "YELLOW"
    (now,) = ratings(scene, name)
    assert (now["level"], now["reason"], now["person"]) == (
        "YELLOW", "家访所见", str(scene.town.people[name].id),
    )  # fmt: skip
    line = AuditEntry.objects.get(action="child.rate")
    assert (line.actor, line.subject, line.detail) == (
        scene.town.people[name].id, scene.child, {"level": "YELLOW"},
    )  # fmt: skip
    assert scene.seen("wu")["item"]["risk_level"] == "YELLOW"
    assert "家访所见" not in json.dumps(scene.phone.http.sync(), ensure_ascii=False)
    assert list(rebuild.differences()) == []


def test_GREEN_set_by_the_office_leaves_the_shown_risk_level_of_an_open_danger(
    scene: Scene,
) -> None:
    scene.visit(INJURED)
    saw = [rating["op"] for rating in ratings(scene, "township")]
    shown = rate(scene, "township", "GREEN", saw).json()
    assert (shown["risk_level"], shown["risk_set"]) == ("RED", "GREEN")
    assert [reason["rule"] for reason in shown["because"]] == ["R6"]


def test_a_risk_level_set_without_having_seen_what_stands_is_refused(scene: Scene) -> None:
    """Two people set one at the same time: the second is told, and nothing is lost."""
    (before,) = ratings(scene, "officer")
    assert rate(scene, "township", "YELLOW", [before["op"]]).status_code == 200
    answer = rate(scene, "officer", "BLUE", [before["op"]])
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict.stale")
    assert Child.objects.get().risk_level == "YELLOW"


def test_the_office_settles_a_disputed_risk_level_by_setting_one(scene: Scene) -> None:
    scene.phone.http.say("child.edit", scene.child, written(risk_level="RED"))
    scene.send()
    assert Child.objects.get().conflicts == ["risk_level"]
    saw = [rating["op"] for rating in ratings(scene, "officer")]
    assert len(saw) == 2
    assert rate(scene, "officer", "BLUE", saw).json()["risk_set"] == "BLUE"
    assert Child.objects.get().conflicts == []


@pytest.mark.parametrize(
    ("name", "given", "status"),
    [
        ("officer", {"reason": " "}, 400), ("officer", {"level": "PINK"}, 400),
        ("wu", {}, 403), ("admin", {}, 403), ("stranger", {}, 404),
    ],
)  # fmt: skip
def test_who_sets_no_risk_level_and_what_is_none(
    scene: Scene, name: str, given: dict[str, Any], status: int
) -> None:
    (before,) = ratings(scene, "officer")
    asked = {"level": "RED", "saw": [before["op"]], **given}
    assert rate(scene, name, **asked).status_code == status
    assert Child.objects.get().risk_level == "GREEN"


def test_the_open_concerns_of_a_danger_that_goes_round_somebody_are_not_his_to_list_or_end(
    scene: Scene,
) -> None:
    scene.report()
    scene.report(concern_kinds=["violence"], beaten="yes", suspected_persons=["county_worker"])
    known, hidden = Concern.objects.order_by("skips").values_list("id", flat=True)
    row = Escalation.objects.get(skips="")
    desk = scene.town.desk("officer")
    assert desk.get(f"escalations/{row.id}/").json()["concerns"] == [str(known)]
    answer = desk.post(f"escalations/{row.id}/concerns", concerns=[str(hidden)], reason="已处理")
    nobody = desk.post(
        f"escalations/{row.id}/concerns", concerns=[str(ids.uuid7(NOW))], reason="已处理"
    )
    assert answer.status_code == nobody.status_code == 409
    assert answer.json()["code"] == nobody.json()["code"]
    above = Escalation.objects.get(skips="county")
    found = scene.town.desk("above").get(f"escalations/{above.id}/").json()["concerns"]
    assert set(found) == {str(known), str(hidden)}


def test_T1_looks_for_the_risk_level_that_is_shown_and_not_for_a_restricted_one(
    scene: Scene,
) -> None:
    other = scene.child
    scene.visit(sealed=ABUSED)
    scene.child = scene.town.child("石阿朵", of="wu", risk_level="GREEN")
    scene.visit(INJURED)
    VisitDue.objects.update(county_on=TODAY, due_on=TODAY)
    assert watch.visits(NOW) == 1
    assert Finding.objects.get(rule="T1").file == scene.child != other


def test_T3_looks_for_the_risk_level_that_is_shown(scene: Scene) -> None:
    scene.report(severity="high")
    Assignment.objects.update(ends_on=TODAY - dt.timedelta(days=9))
    VisitDue.objects.update(registered_on=TODAY - dt.timedelta(days=9))
    assert watch.caseload(NOW) == 1
    assert Finding.objects.get(rule="T3").severity == "high"


def test_the_dossier_says_the_shown_risk_level_and_why(scene: Scene) -> None:
    scene.visit(INJURED)
    told = dict(content._child({"risk_level": "GREEN"}, VILLAGE, content._open_now(scene.child)))
    assert (told["风险等级"], told["人工定级"]) == ("高", "低")
    assert told["未结束的危险"].startswith("多处受伤")
    entries = lines.opened(lines.of_files([scene.child]))
    kinds = {entry.kind for entry in entries if entry.op in lines.derived(entries)}
    assert kinds == {"open_danger.show"}, (
        "once somebody is kept out it would tell what was open before"
    )
