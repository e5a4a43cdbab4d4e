"""A guardian's copy (Personal Information Protection Law 45): who gets one, what is in it, and what nobody learns."""

import copy
import dataclasses
import datetime as dt
import io
import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pypdf
import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client, override_settings

from backend.audit import services as audit
from backend.audit.models import AuditEntry
from backend.children import queries as children
from backend.children.models import Child
from backend.common import clock
from backend.guardianship.services import case_open
from backend.notifications.models import Notice
from backend.rights import services, store
from backend.rights.models import CopyRequest
from backend.tasks import services as tasks
from fieldforms.services import publish_forms
from sync.ports import Sender
from sync.protocol import ids
from sync.push import push
from sync.uploads import pieces

from .conftest import COUNTY, NOW, OTHER_COUNTY, VILLAGE, HttpPhone, person
from .town import CAST, Desk, Town, written

pytestmark = pytest.mark.django_db
PEOPLE = {
    "lead": ("county_lead", COUNTY), "second_lead": ("county_lead", COUNTY),
    "far_lead": ("county_lead", OTHER_COUNTY),
}  # fmt: skip
WORDS, OPINION, SECRET = "奶奶总是骂我", "我看父亲靠不住", "他夜里进我的房间"
# What belongs to somebody else, or weighs people.
OTHERS = ("13911112222", "522630198501010019", "母亲的单位", WORDS, OPINION, "RED", "吴wu")


@dataclasses.dataclass
class Family:
    """A child with a father and a mother; Wu has visited at home and at school."""

    town: Town
    phone: HttpPhone
    child: UUID
    household: UUID
    father: UUID
    mother: UUID

    def desk(self, name: str) -> Desk:
        return self.town.desk(name)

    def say(self, kind: str, file: UUID | None = None, **data: Any) -> UUID:
        target = ids.uuid7(NOW)
        self.phone.say(kind, target, data, file or self.child)
        sender = Sender(
            self.phone.device, frozenset([self.town.wu.id]), VILLAGE[:6], revoked=False,
            scope_hash="",
        )  # fmt: skip
        (receipt,), _ = push([self.phone.log[-1]], sender=sender, wall=NOW, now=clock.now())
        assert receipt.outcome == "applied", receipt
        return target

    def visit(self, mode: str, child: UUID | None = None, **answers: Any) -> UUID:
        visit = self.say("visit.record", self.household, mode=mode, answers={})
        given = {"child_seen": "yes", **answers}
        return self.say("visit.part", child, visit=str(visit), answers=given)

    def ask(self, *, by: str = "township", guardian: UUID | None = None, **more: Any) -> Any:
        body = {
            "guardian": str(guardian or self.father), "identity_check": "id_card",
            "note": "当面提出，想要一份副本", **more,
        }  # fmt: skip
        return self.desk(by).post(f"rights/children/{self.child}/copies/", **body)

    def filed(self, **more: Any) -> str:
        answer = self.ask(**more)
        assert answer.status_code == 201, answer.content
        return str(answer.json()["id"])

    def approve(self, request: str, *, by: str = "lead") -> Any:
        return self.desk(by).post(f"rights/copies/{request}/approve")

    def card(self, request: str, *, by: str = "township") -> Any:
        return self.desk(by).get(f"rights/copies/{request}/").json()

    def open(self, request: str, kind: str, *, by: str = "township") -> Any:
        return self.desk(by).post(f"rights/copies/{request}/open/{kind}")

    def made(self, **more: Any) -> str:
        request = self.filed(**more)
        answer = self.approve(request)
        assert answer.status_code == 200, answer.content
        assert tasks.carry_on() == 1
        return request


def make() -> Family:
    publish_forms(now=NOW)
    town = Town({n: person(n, role, prefix, None) for n, (role, prefix) in (CAST | PEOPLE).items()})
    child = town.child(
        "龙小燕", of="wu", risk_level="RED", health="good", guardianship_rating="POOR",
        special_circumstances="父母常争吵", number="522630201803070026",
    )  # fmt: skip
    household = Child.objects.get(id=child).household
    assert household
    adults = {"father": ids.uuid7(NOW), "mother": ids.uuid7(NOW)}
    cards = {
        "father": ("龙大山", "13900001111", "522630198001010011"),
        "mother": ("杨阿妹", "13911112222", "522630198501010019"),
    }
    for role, id_ in adults.items():
        name, phone, number = cards[role]
        town.submit(
            town.office(
                "guardian.register", id_,
                written(
                    identity={"name": name, "id_number": number}, contact={"phone": phone},
                    whereabouts={"place": "母亲的单位" if role == "mother" else "本村"},
                    household=str(household), children={str(child): {"relationship": role}},
                ),
                household,
            )
        )  # fmt: skip
    family = Family(town, town.phone("wu"), child, household, adults["father"], adults["mother"])
    family.visit("home", health="fair", attendance="regular", child_words=WORDS, opinion=OPINION)
    family.visit("school", health="good", child_words="老师对我好")
    return family


@pytest.fixture(scope="module")
def made_once(django_db_setup: None, django_db_blocker: Any) -> Iterator[Family]:
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    files = override_settings(STORAGES=settings.STORAGES | {"default": memory})
    with files, django_db_blocker.unblock(), transaction.atomic():
        yield make()
        transaction.set_rollback(True)


@pytest.fixture
def family(made_once: Family) -> Family:
    phone = copy.copy(made_once.phone)
    phone.log = list(phone.log)
    return dataclasses.replace(made_once, phone=phone)


def text_of(content: bytes) -> str:
    pages = pypdf.PdfReader(io.BytesIO(content)).pages
    return "".join("".join(page.extract_text() for page in pages).split())


def test_a_copy_holds_the_child_and_the_guardian_who_asked_and_nobody_else(family: Family) -> None:
    request = family.made()
    paper, data = (family.open(request, kind) for kind in store.KINDS)
    assert (paper.status_code, paper["Content-Type"]) == (200, "application/pdf")
    assert "no-store" in paper["Cache-Control"]
    told, held = text_of(paper.content), json.loads(data.content)
    raw = data.content.decode()
    for said in ("龙小燕", "522630201803070026", "龙大山", "13900001111", "三组12号", "正常上学"):
        assert said in told, said
        assert said in raw, said
    for other in OTHERS:
        assert other not in told, other
        assert other not in raw, other
    # Known to the family alone: what was said at school is not for home.
    assert [visit["mode"] for visit in held["visits"]] == ["home"]
    assert held["visits"][0]["facts"] == {
        "child_seen": "yes", "health": "fair", "attendance": "regular",
    }  # fmt: skip
    kept = {section["register"] for section in held["child"]}
    assert kept == {"identity", "residence", "health"}


def test_a_copy_of_a_child_with_sealed_matters_differs_in_nothing(family: Family) -> None:
    """A teacher is suspected: neither parent is, so both get a copy, and it is the same as before."""

    def held() -> dict[str, Any]:
        request = family.made()
        found = dict(json.loads(family.open(request, "json").content))
        return found | {"request": "", "made_at": ""}

    before = held()
    part = family.visit("school", health="good")
    family.say(
        "visit.sealed", part=str(part),
        answers={"sexual_abuse_suspected": "yes", "sealed_words": SECRET, "sealed_suspected_persons": ["teacher"]},
    )  # fmt: skip
    family.say(
        "concern.raise", answers={"facts_observed": "老师打人", "suspected_persons": ["teacher"]}
    )
    assert held() == before


ACCUSING = {
    "a concern": ("concern.raise", {"suspected_persons": ["parent"]}),
    "a concern that rules nobody out": ("concern.raise", {"facts_observed": "身上有伤"}),
    "the sealed part": (
        "visit.sealed", {"sealed_words": SECRET, "sealed_suspected_persons": ["family"]},
    ),
    "the sealed part, by nobody named": ("visit.sealed", {"sexual_abuse_suspected": "yes"}),
    "a beating at home": ("visit.part", {"child_seen": "yes", "beaten": "yes"}),
}  # fmt: skip


@pytest.mark.parametrize("accusing", ACCUSING.values(), ids=ACCUSING)
def test_secure_a_suspect_gets_no_copy_and_the_field_does_not_learn_why(
    family: Family, accusing: tuple[str, dict[str, Any]]
) -> None:
    kind, answers = accusing
    family.say(kind, answers=answers)
    request = family.filed()
    assert family.card(request)["hindrances"] == []
    assert not family.card(request)["hindered"]
    assert family.card(request, by="lead")["hindrances"] == ["suspect"]
    answer = family.approve(request)
    assert (answer.status_code, answer.json()["code"]) == (409, "rights.hindered")
    assert "suspected on record" in answer.json()["message"]
    assert not CopyRequest.objects.exclude(task=None).exists()


def test_secure_a_suspect_of_a_brother_or_sister_gets_no_copy(family: Family) -> None:
    sibling = family.town.child("龙小明", of="wu", home=family.household)
    family.say("concern.raise", sibling, answers={"suspected_persons": ["parent"]})
    assert family.approve(family.filed()).json()["code"] == "rights.hindered"


def test_secure_every_refusal_reads_alike_to_whoever_filed_it(family: Family) -> None:
    """Whatever the reason: the same words, the same members, the same message; the log tells no reason."""

    def refused(**more: Any) -> tuple[dict[str, Any], str]:
        request = family.filed(**more)
        assert family.approve(request).status_code == 409
        family.desk("lead").post(f"rights/copies/{request}/refuse", reason="父亲涉嫌打人")
        shown = family.card(request)
        own = {"id", "filed_at", "decided_at", "due_at", "identity_check"}
        (notice,) = Notice.objects.filter(key=f"copy.decided {request}").values("kind", "values")
        lines = AuditEntry.objects.filter(subject=request).values_list("action", "detail")
        assert all(set(detail) <= {"child", "guardian"} for _, detail in lines)
        return {k: v for k, v in shown.items() if k not in own}, str(notice)

    unidentified = refused(identity_check="not_checked")
    family.say("concern.raise", answers={"suspected_persons": ["parent"]})
    suspect = refused()
    assert unidentified == suspect
    assert suspect[0]["told"]
    assert suspect[0]["answer"] == suspect[0]["decided_by_name"] == ""
    lead = family.card(str(CopyRequest.objects.order_by("filed_at", "id").last().id), by="lead")  # type: ignore[union-attr]
    assert lead["answer"] == "父亲涉嫌打人"


def test_a_guardian_whose_guardianship_is_in_question_gets_no_copy(family: Family) -> None:
    case_open(
        child=family.child, reason="监护不力", sealed=True, actor=family.town.lead.id, now=NOW
    )
    request = family.filed()
    assert family.card(request, by="lead")["hindrances"] == ["guardianship"]
    assert family.approve(request).status_code == 409


def test_who_is_no_guardian_and_who_is_of_no_household_gets_none(family: Family) -> None:
    uncle = ids.uuid7(NOW)
    card = written(
        identity={"name": "龙二叔"}, household=str(family.household),
        children={str(family.child): {"relationship": "relative"}},
    )  # fmt: skip
    family.town.submit(family.town.office("guardian.register", uncle, card, family.household))
    request = family.filed(guardian=uncle)
    assert family.card(request, by="lead")["hindrances"] == ["relation"]
    assert family.ask(guardian=ids.uuid7(NOW)).status_code == 404


def test_a_grown_child_asks_in_person(family: Family) -> None:
    grown = {"name": "龙小燕", "sex": "female", "birth_date": "2005-03-07"}
    seen = children.live_writes([family.child], "identity")[family.child]
    edit = {"set": {"identity": {"v": grown, "saw": seen}}}
    family.town.submit(family.town.office("child.edit", family.child, edit))
    assert "of_age" in family.card(family.filed(), by="lead")["hindrances"]


def test_another_lead_decides_and_nobody_else(family: Family) -> None:
    request = family.filed(by="lead")
    answer = family.approve(request)
    assert (answer.status_code, answer.json()["code"]) == (403, "rights.another_person")
    for nobody, status in (("officer", 403), ("admin", 403), ("far_lead", 404)):
        assert family.approve(request, by=nobody).status_code == status, nobody
    assert family.card(request, by="officer")["code"] == "not_found", (
        "only whoever filed it, and leads"
    )
    assert family.approve(request, by="second_lead").status_code == 200
    again = family.approve(request, by="second_lead")
    assert (again.status_code, again.json()["code"]) == (409, "rights.closed")


def test_secure_a_lead_whose_account_hangs_on_the_filer_is_neither_asked_nor_shown_a_button(
    family: Family,
) -> None:
    officer, lead = (family.town.people[name].id for name in ("officer", "second_lead"))
    audit.record(
        actor=officer, action="role.grant", subject=lead, subject_type="person", county="522630",
        now=clock.now(),
    )  # fmt: skip
    request = family.filed(by="officer")
    told = set(Notice.objects.filter(kind="copy.asked").values_list("person", flat=True))
    assert (lead in told, family.town.people["lead"].id in told) == (False, True)
    assert family.card(request, by="second_lead")["may_decide"] is False
    assert family.card(request, by="lead")["may_decide"] is True
    assert family.approve(request, by="second_lead").json()["code"] == "rights.another_person"


def test_a_second_request_waits_for_the_first_and_a_withdrawn_one_is_closed(family: Family) -> None:
    request = family.filed()
    assert family.ask().json()["code"] == "rights.stands"
    assert family.desk("officer").post(f"rights/copies/{request}/withdraw").status_code == 404
    assert family.desk("township").post(f"rights/copies/{request}/withdraw").status_code == 200
    assert family.approve(request).json()["code"] == "rights.closed"
    assert family.ask(note=" ").status_code == 400
    family.filed()


def test_secure_what_comes_after_the_approval_stops_the_making_and_the_fetching(
    family: Family,
) -> None:
    made, waiting = family.made(), family.filed(guardian=family.mother)
    assert family.approve(waiting).status_code == 200
    family.say("concern.raise", answers={"suspected_persons": ["parent"]})
    assert tasks.carry_on() == 1
    task = family.desk("township").get(f"tasks/{family.card(waiting)['task']}/").json()
    assert (task["state"], task["problem"]["code"]) == ("failed", "rights.not_provided")
    for request in (made, waiting):
        answer = family.open(request, "pdf")
        assert (answer.status_code, answer.json()["code"]) == (409, "rights.not_provided")
        assert family.card(request)["state"] == "refused"


def test_a_copy_goes_after_a_week_and_with_the_childs_file(
    family: Family, django_capture_on_commit_callbacks: Any
) -> None:
    old, new = family.made(), family.made(guardian=family.mother)
    CopyRequest.objects.filter(id=old).update(expires_at=NOW)
    assert services.copies_expire(before=clock.now(), most=5) == 1
    assert services.copies_expire(before=clock.now(), most=5) == 0
    assert family.open(old, "pdf").json()["code"] == "rights.copy_gone"
    assert not pieces.default_storage.exists(store.name(UUID(old), "pdf"))
    assert family.open(new, "pdf").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        services.forget([family.child])
    assert not CopyRequest.objects.exists()
    assert not pieces.default_storage.exists(store.name(UUID(new), "json"))


def test_every_step_stands_on_the_audit_log(family: Family) -> None:
    request = family.made()
    family.open(request, "json")
    steps = AuditEntry.objects.filter(subject=request).order_by("id")
    actions = [one for one in steps.values_list("action", flat=True) if one != "copy.read"]
    assert actions == ["copy.ask", "copy.approve", "copy.make", "copy.open"]
    leads = {family.town.people[name].id for name in ("lead", "second_lead")}
    told = Notice.objects.filter(key=f"copy.asked {request}")
    assert set(told.values_list("person", flat=True)) == leads
    # The village of a child stands nowhere in clear.
    assert {notice.values["division"] for notice in told} == {VILLAGE[:9]}


def test_it_is_to_be_answered_in_the_working_days_that_the_county_set(family: Family) -> None:
    with override_settings(HUXING_RIGHTS_DAYS_BY_COUNTY={COUNTY: 1}):
        soon = CopyRequest.objects.get(id=family.filed()).due_at
    later = CopyRequest.objects.get(id=family.filed(guardian=family.mother)).due_at
    assert later - soon >= dt.timedelta(days=14)


def test_the_pages_lead_from_the_child_to_the_decision_and_say_to_each_what_is_theirs(
    family: Family,
) -> None:
    """Filed at the township, refused by a lead: only the lead's page knows why."""

    def seated(name: str) -> Client:
        client = Client()
        backend = "django.contrib.auth.backends.ModelBackend"
        client.force_login(family.town.people[name], backend=backend)
        return client

    township, lead = seated("township"), seated("lead")
    form = f"/office/children/{family.child}/copies/"
    assert form in township.get(f"/office/children/{family.child}/").content.decode()
    assert "龙大山" in township.get(form).content.decode()
    given = {"guardian": str(family.father), "identity_check": "id_card", "note": "当面提出"}
    family.say("concern.raise", answers={"suspected_persons": ["parent"]})
    page = township.post(form, given)["Location"]
    assert "涉嫌" not in township.get(page).content.decode()
    shown = lead.get(page).content.decode()
    assert "有记录涉嫌父母" in shown
    assert "approve/" not in shown, "there is no button for what is not possible"
    assert lead.post(page + "approve/").status_code == 409
    assert lead.post(page + "refuse/", {"reason": "父亲涉嫌打人"}).status_code == 302
    told = township.get(page).content.decode()
    assert "经审核，本次不予提供副本" in told
    assert "涉嫌" not in told
    assert "父亲涉嫌打人" in lead.get(page).content.decode()
    assert page in township.get("/office/rights/").content.decode()
