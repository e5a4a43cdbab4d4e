"""Everybody who works with the system, in two counties that must know nothing of each other.

`build()` makes them with a child, a visit and escalations in each county. The `cast` fixture keeps
that for a whole module inside a transaction that is rolled back.
"""

import datetime as dt
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.conf import settings
from django.test import Client

from backend.accounts import services
from backend.accounts.models import AccessToken, Confirmation, Person
from backend.caseload.models import FileLoan
from backend.caseload.roster.services import import_roster
from backend.caseload.services import transfer_offer
from backend.concerns.editions.rehearsals import rehearsal_run, rehearsal_start
from backend.concerns.editions.services import edition_draft
from backend.concerns.models import Escalation
from backend.dossier import store
from backend.duty import services as duty
from backend.guardianship.services import case_open, protection_order_apply
from backend.notifications import services as notifications
from backend.notifications.models import Delivery
from backend.notifications.services import Notice
from backend.referrals import queries as referred
from backend.referrals import services as referrals
from backend.regions.models import Division
from backend.rights.models import CopyRequest, Correction
from backend.tasks.services import task_ask
from backend.visits.models import VisitPart
from fieldforms.services import publish_forms
from sync import recovered
from sync.entries import Draft
from sync.models import Recovered
from sync.ports import Sender, ports
from sync.protocol import ids, messages
from sync.push import push, submit
from sync.uploads import pieces
from sync.uploads.models import Attachment, Upload

NOW = dt.datetime.now(dt.UTC)
TODAY = NOW.astimezone(dt.timezone(dt.timedelta(hours=8))).date()
HERE, THERE = "522630", "522629"
# A county that nobody of the cast works in.
THIRD = "522628"
VILLAGE_A, VILLAGE_B = HERE + "100201", HERE + "100202"
VILLAGE_FAR = THERE + "100201"
PASSWORD = "a long enough password"
SERVER = UUID(int=0)

PEOPLE = {
    "village_a": ("village_supervisor", VILLAGE_A),
    "village_b": ("village_supervisor", VILLAGE_B),
    "township": ("township_supervisor", VILLAGE_A[:9]),
    "officer": ("county_officer", HERE),
    "lead": ("county_lead", HERE),
    "administrator": ("administrator", HERE),
    "auditor": ("auditor", HERE),
    "partner": ("partner_worker", HERE),
    "viewer": ("viewer", HERE),
    "far_supervisor": ("village_supervisor", VILLAGE_FAR),
    "far_officer": ("county_officer", THERE),
    "far_lead": ("county_lead", THERE),
    "far_administrator": ("administrator", THERE),
    "far_partner": ("partner_worker", THERE),
}
FAR = [name for name in PEOPLE if name.startswith("far_")]
NEAR = [name for name in PEOPLE if name not in FAR]
PHONES = ["phone", "revoked_phone"]
EVERYBODY = ["anonymous", *PHONES, *PEOPLE]


class Member:
    """Somebody who calls: by token at the API, by session on a page. A phone has no session."""

    def __init__(self, name: str, person: Person | None = None, token: str = "") -> None:
        self.name, self.person, self.token = name, person, token
        self.session = ""
        if person is not None and name not in PHONES:
            client = Client()
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
            self.session = client.cookies[settings.SESSION_COOKIE_NAME].value

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: str = "",
        language: str = "en",
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The response; `body` is JSON at the API, a form on a page, and bytes as they are."""
        headers = {"accept-language": language, **(headers or {})}
        if self.token:
            headers["authorization"] = f"Token {self.token}"
        address = path + (f"?{query}" if query else "")
        # A new one each time: a log-out in one call must not end the session of the next.
        client = Client()
        send = getattr(client, method.lower())
        if not path.startswith("/api/"):
            if self.session:
                client.cookies[settings.SESSION_COOKIE_NAME] = self.session
            return send(address, body or {}, headers=headers)
        if method == "GET":
            return send(address, headers=headers)
        kind = headers.get("content-type", "application/json")
        return send(address, {} if body is None else body, content_type=kind, headers=headers)


@dataclass
class County:
    """What lies in one county: ids by the name that a route gives them, and what gives it away."""

    supervisor: Person
    village: str
    # Stands in every text about the county's child; see `build`.
    tag: str = ""
    ids: dict[str, Any] = field(default_factory=dict)
    marks: list[str] = field(default_factory=list)


@dataclass
class Cast:
    members: dict[str, Member]
    here: County
    there: County

    def __getitem__(self, name: str) -> Member:
        return self.members[name]


def build(tag: str = "") -> Cast:
    """Everybody and everything, through the services and the one door in.

    `tag` makes user names and texts such that nobody else in a database has them.
    """
    publish_forms(now=NOW)
    Division.objects.get_or_create(code=THIRD, defaults={"name": "锦屏县", "level": "county"})
    people = {name: _person(name, role, prefix, tag) for name, (role, prefix) in PEOPLE.items()}
    members = {"anonymous": Member("anonymous")}
    members |= {name: Member(name, person, _token(person)) for name, person in people.items()}
    here = County(people["village_a"], VILLAGE_A, tag and f"{tag}甲")
    there = County(people["far_supervisor"], VILLAGE_FAR, tag and f"{tag}乙")
    for county, name, administrator in (
        (here, "龙小燕", people["administrator"]),
        (there, "石阿朵", people["far_administrator"]),
    ):
        _fill(county, name + county.tag)
        county.ids["device"], members_token = _phone(county.supervisor, administrator)
        county.ids["device_order"] = services.device_order(
            device=county.ids["device"], do="lock", reason="lent", actor=administrator.id, now=NOW
        )
        county.ids |= _attachments(county.ids["device"], county.ids["child"])
        county.ids["item"], county.ids["sealed_item"] = _unknown_to_the_server(county)
        if county is here:
            members["phone"] = Member("phone", county.supervisor, members_token)
        order = {"to": str(county.supervisor.id), "children": [str(county.ids["child"])]}
        answer = Member("", administrator, _token(administrator)).call(
            "POST", "/api/v1/caseload/assignments/", order
        )
        county.ids["order"] = answer.json()["id"]
        roster = import_roster(
            table=[["姓名", "身份证号码", "出生日期", "村"]], division=county.village[:6],
            person=administrator.id, now=NOW,
        )  # fmt: skip
        county.ids["roster"] = roster.id
        county.ids["task"] = task_ask(
            kind="roster_preview", actor=administrator.id, county=county.village, now=NOW,
            said={"division": county.village[:6]},
        ).id  # fmt: skip
        county.marks.append(str(county.ids["task"]))
        county.ids["recovered"] = _recovered(county)
        borrower = people["township" if county is here else "far_supervisor"]
        county.ids["loan"] = _loan(county, borrower)
        officer = people["officer" if county is here else "far_officer"]
        county.ids |= _rules(county, administrator)
        offered = transfer_offer(
            child=county.ids["child"],
            to=THIRD,
            reason=f"随父母迁居{county.tag}",
            actor=officer.id,
            now=NOW,
        )
        county.ids["transfer"] = offered.id
        lead = people["lead" if county is here else "far_lead"]
        county.ids |= _cases(county, officer, lead)
        county.ids |= _dossiers(county, officer, lead)
        county.ids["copy"] = _copy(county, officer)
        county.ids["correction"] = _correction(county, officer)
        county.ids |= _messages(county, officer=officer, lead=lead, administrator=administrator)
        partner = people["partner" if county is here else "far_partner"]
        county.ids |= _referrals(county, officer, lead, administrator, partner)

        county.ids["confirmation"] = _asked(county, partner, administrator)
        county.ids |= _roster(county, officer, people["lead" if county is here else "far_lead"])
    lost, token = _phone(people["village_a"], people["administrator"])
    services.device_revoke(device=lost, reason="lost", actor=people["administrator"].id, now=NOW)
    members["revoked_phone"] = Member("revoked_phone", people["village_a"], token)
    for county, names in ((here, NEAR), (there, FAR)):
        county.marks += [str(people[name].id) for name in names]
        county.marks += [f"吴{name}{tag}" for name in names]
        county.marks += [county.tag] if county.tag else []
    return Cast(members, here, there)


def _asked(county: County, person: Person, administrator: Person) -> UUID:
    """The administrator asks for somebody to become a lead: a second person has to confirm it."""
    asked = services.role_grant(
        person=person.id, role="county_lead", prefixes=[county.village[:6]], starts_on=TODAY,
        actor=administrator.id, now=NOW, reason=f"原负责人调离{county.tag}",
    )  # fmt: skip
    assert isinstance(asked, Confirmation)
    county.marks.append(str(asked.id))
    return asked.id


def _loan(county: County, borrower: Person) -> UUID:
    """The child's file on somebody's own phone; a row, because nobody of the cast has such a phone."""
    loan = FileLoan.objects.create(
        id=ids.uuid7(NOW), person=borrower.id, child=county.ids["child"], borrowed_at=NOW,
        until=NOW + dt.timedelta(days=14),
    )  # fmt: skip
    county.marks.append(str(loan.id))
    return loan.id


def _cases(county: County, officer: Person, lead: Person) -> dict[str, UUID]:
    """A case with a protection order applied for, and a sealed one in the same file."""
    child = county.ids["child"]
    case = case_open(child=child, reason=f"被父亲打伤{county.tag}", actor=officer.id, now=NOW)
    sealed = case_open(
        child=child, reason=f"怀疑性侵害{county.tag}", sealed=True, actor=lead.id, now=NOW
    )
    given = {
        "applicant": "civil_affairs", "applicant_name": "民政局", "respondent": "石某",
        "court": "县人民法院", "urgent": "yes", "reason": f"持刀威胁{county.tag}",
    }  # fmt: skip
    order = protection_order_apply(case=case.id, given=given, actor=officer.id, now=NOW)
    county.marks += [str(case.id), str(sealed.id)]
    return {"case": case.id, "sealed_case": sealed.id, "protection_order": order.id}


def _roster(county: County, officer: Person, lead: Person) -> dict[str, Any]:
    """The officer is on call for a week, and on leave later."""
    code, week = county.village[:6], dt.timedelta(days=7)
    shift = duty.shift_create(
        division=code, person=officer.id, deputies=[lead.id], starts_at=NOW - week,
        ends_at=NOW + week, actor=lead.id, now=NOW,
    )  # fmt: skip
    leave = duty.leave_create(
        person=officer.id, starts_at=NOW + week, ends_at=NOW + 2 * week, actor=lead.id, now=NOW
    )
    county.marks += [str(shift.id), str(leave.id)]
    return {"county": code, "officer": officer.id, "shift": shift.id, "leave": leave.id}


def _referrals(
    county: County, officer: Person, lead: Person, administrator: Person, partner: Person
) -> dict[str, UUID]:
    """A referral to the partner's organisation, a sealed draft, and a missing child with its notice."""
    child, code = county.ids["child"], county.village[:6]
    organisation = referrals.organisation_create(
        name=f"康复站{code}{county.tag}",
        kind="health",
        division=code,
        actor=administrator.id,
        now=NOW,
    )
    referrals.organisation_people(
        organisation=organisation.id, people=[partner.id], actor=administrator.id, now=NOW
    )
    plain = referrals.referral_draft(child=child, actor=officer.id, now=NOW)
    sealed = referrals.referral_draft(
        child=child, actor=lead.id, now=NOW, escalation=county.ids["sealed"]
    )
    draft = referrals.referral_draft(child=child, actor=officer.id, now=NOW)
    _, digest = referred.preview(viewer=officer.id, referral=plain.id, fields=["name"], now=NOW)
    referrals.referral_send(
        referral=plain.id, organisation=organisation.id, due_on=TODAY, purpose=f"康复训练{county.tag}",
        fields=["name"], digest=digest, actor=officer.id, revision=1, now=NOW,
    )  # fmt: skip
    missing = referrals.missing_note(child=child, actor=officer.id, now=NOW)
    notice = {
        "description": f"红色外套{county.tag}", "last_seen_at": "昨天", "last_seen_place": "集市", "contact": "110",
    }  # fmt: skip
    for step, actor in (("prepare", officer), ("confirm", lead)):
        missing = referrals.missing_step(
            missing=missing.id, step=step, given=notice, actor=actor.id,
            revision=missing.revision, now=NOW,
        )  # fmt: skip
    county.marks += [str(row.id) for row in (organisation, plain, sealed, draft, missing)]
    return {
        "organisation": organisation.id, "referral": plain.id, "sealed_referral": sealed.id,
        "draft": draft.id, "missing": missing.id,
    }  # fmt: skip


def _dossiers(county: County, officer: Person, lead: Person) -> dict[str, UUID]:
    """One of the child's file, and a sealed one for the sealed case. Not rendered: that takes a while."""
    made = {}
    child, cipher = county.ids["child"], ports().keys([county.ids["child"]])[county.ids["child"]]
    for name, person in (("dossier", officer), ("sealed_dossier", lead)):
        made[name] = ids.uuid7(NOW)
        store.write(made[name], b"%PDF", cipher)
        sealed = name != "dossier"
        data = {
            "case": str(county.ids["sealed_case"]) if sealed else None, "sealed": sealed,
            "purpose": f"提交法院{county.tag}", "sha256": "0" * 64, "size": 4, "pages": 1,
        }  # fmt: skip
        draft = Draft(
            op=ids.uuid7(NOW), person=person.id, kind="dossier.make", target=made[name],
            file=child, data=data, at=NOW,
        )  # fmt: skip
        assert [receipt.outcome for receipt in submit([draft], now=NOW)] == ["applied"]
    county.marks += [str(id_) for id_ in made.values()]
    return made


def _copy(county: County, officer: Person) -> UUID:
    """A guardian's request for a copy, filed by the officer; a row, because nobody's adults are on record."""
    child = county.ids["child"]
    words = ports().keys([child])[child].seal_json({"note": "当面提出", "answer": ""})
    row = CopyRequest.objects.create(
        id=ids.uuid7(NOW), child=child, guardian=ids.uuid7(NOW), county=county.village[:6],
        identity_check="id_card", sealed=words, filed_by=officer.id, filed_at=NOW,
        due_at=NOW + dt.timedelta(days=20),
    )  # fmt: skip
    county.marks.append(str(row.id))
    return row.id


def _correction(county: County, officer: Person) -> UUID:
    """What a guardian wants corrected, filed by the officer; likewise."""
    child = county.ids["child"]
    words = {"now": "三组12号", "wished": "三组21号", "ground": "搬家", "answer": ""}
    row = Correction.objects.create(
        id=ids.uuid7(NOW), child=child, guardian=ids.uuid7(NOW), county=county.village[:6],
        fact="child.residence.address", sealed=ports().keys([child])[child].seal_json(words),
        filed_by=officer.id, filed_at=NOW, due_at=NOW + dt.timedelta(days=20),
    )  # fmt: skip
    county.marks.append(str(row.id))
    return row.id


def newcomer(name: str, role: str, prefix: str) -> Member:
    """Somebody beside the cast, whom no table of who is let in names and no mark of a county betrays."""
    own = "".join(secrets.choice("abcdefghijklmnop") for _ in range(8))
    person = _person(name, role, prefix, own)
    return Member(name, person, _token(person))


def _person(name: str, role: str, prefix: str, tag: str) -> Person:
    made = services.person_create(
        username=name + tag, name="吴" + name + tag, phone="13900000000", password=PASSWORD,
        actor=None, now=NOW, division=prefix,
    )  # fmt: skip
    services.role_grant(
        person=made.id, role=role, prefixes=[prefix], starts_on=TODAY, actor=None, now=NOW
    )
    return made


def _token(person: Person) -> str:
    return str(AccessToken.objects.create(user=person)[1])


def _phone(person: Person, administrator: Person) -> tuple[UUID, str]:
    code = services.enrolment_code_create(people=[person.id], actor=administrator.id, now=NOW)
    device, token = services.device_enrol(
        code=code, device=ids.uuid7(NOW), label="红米", app="test", now=NOW
    )
    return device.id, token


def _unknown_to_the_server(county: County) -> tuple[UUID, UUID]:
    """Two operations of a phone that nobody has applied; the second one is sealed."""
    device, person = county.ids["device"], county.supervisor.id
    taken = county.ids["child"]
    made = [ids.uuid7(NOW), ids.uuid7(NOW)]
    raw: list[bytes] = []
    for op, kind, target in zip(
        made, ("visit.new", "visit.sealed"), (made[0], county.ids["taken"]), strict=True
    ):
        line = {
            "op": str(op), "device": str(device), "person": str(person), "seq": len(raw) + 1,
            "prev": messages.line_hash(raw[-1]).hex() if raw else None, "kind": kind,
            "target": str(target), "file": str(taken), "wall": NOW.isoformat(),
            "data": {"text": f"她自己的话{county.tag}"},
        }  # fmt: skip
        raw.append(messages.write(line))
    sender = Sender(device, frozenset([person]), county.village[:6], revoked=False, scope_hash="")
    receipts, _ = push(raw, sender=sender, wall=NOW, now=NOW)
    assert {receipt.outcome for receipt in receipts} == {"quarantined"}, receipts
    county.marks += [str(op) for op in made]
    return made[0], made[1]


def _attachments(device: UUID, child: UUID) -> dict[str, UUID]:
    """A photograph that is here, a sealed one, and one that the phone has begun to bring."""
    here, sealed, pending = (
        Attachment.objects.create(
            id=ids.uuid7(NOW), op=ids.uuid7(NOW), file=child, device=device, size=3,
            sha256=bytes(31) + bytes([number]), type="image/jpeg", sealed=number == 1,
        )
        for number in range(3)
    )  # fmt: skip
    cipher = ports().keys([child])[child]
    for one in (here, sealed):
        for what in (pieces.ORIGINAL, pieces.VIEW, pieces.THUMBNAIL):
            pieces.write(pieces.object_name(one.id, what), b"jpg", cipher)
        one.status, one.found, one.has_view = "complete", "image/jpeg", True
        one.save()
    begun = Upload.objects.create(
        id=ids.uuid7(NOW), attachment=pending, device=device, length=3,
        expires_at=NOW + dt.timedelta(days=1),
    )  # fmt: skip
    return {
        "attachment": here.id, "sealed_attachment": sealed.id, "pending": pending.id,
        "upload": begun.id,
    }  # fmt: skip


def _messages(
    county: County, *, officer: Person, lead: Person, administrator: Person
) -> dict[str, UUID]:
    """A message to the officer that the county's own system did not take, and a sealed one to the lead."""
    code = county.village[:6]
    url = f"https://oa{code}.example.cn/"
    hook, _ = notifications.webhook_create(
        county=code, url=url, actor=administrator.id, now=NOW
    )  # fmt: skip
    values = {"severity": "high", "division": code, "deadline": NOW, "link": "/office/queue/"}
    told = Notice(
        key="opened", person=officer.id, kind="escalation.opened", values=values, county=code
    )
    sealed = Notice(key="sealed", person=lead.id, kind="sealed.waiting", county=code)
    notifications.enqueue([told, sealed], now=NOW)
    row = Delivery(
        id=ids.uuid7(NOW), notice_id=sealed.id, channel="sms", target=lead.id, due_at=NOW
    )
    row.save()
    Delivery.objects.filter(notice__in=[told.id, sealed.id]).update(
        state="dead", error="http.400", attempts=1, done_at=NOW
    )
    dead = Delivery.objects.get(notice=told.id)
    county.marks += [url, str(dead.id), str(row.id), str(told.id)]
    return {
        "notice": told.id, "webhook": hook.id, "delivery": dead.id, "sealed_delivery": row.id,
    }  # fmt: skip


def _rules(county: County, administrator: Person) -> dict[str, Any]:
    """A draft of what the county sets on top of the rules, and its rehearsal."""
    change = {"rule": "R10", "version": 3, "branch": 1, "deadline": {"hours": 12}}
    draft = edition_draft(
        content={"branches": [change]}, division=county.village[:6], actor=administrator.id, now=NOW
    )
    run = rehearsal_start(edition=draft.id, since=TODAY, actor=administrator.id, now=NOW)
    rehearsal_run(rehearsal=run.id, now=NOW, chunks=5)
    county.marks += [str(draft.id), str(run.id)]
    return {"edition": draft.id, "rehearsal": run.id, "county": county.village[:6]}


def _recovered(county: County) -> UUID:
    """What the phone held of a note that a restored server has lost."""
    device, child = county.ids["device"], county.ids["child"]
    sender = Sender(device, frozenset(), county.village[:6], revoked=False, scope_hash="")
    record = {
        "type": "visit_part", "id": str(ids.uuid7(NOW)), "file": str(child), "rev": 7,
        "data": {"answers": {"words": f"奶奶住院了{county.tag}"}},
    }  # fmt: skip
    recovered.keep([record], sender=sender, now=NOW)
    row = Recovered.objects.get(file=child)
    county.marks.append(str(row.id))
    return row.id


def _fill(county: County, name: str) -> None:
    """A child with its household, covered and visited, and one escalation open, one sealed."""
    child, visit = add_child(county, name)
    first = ids.uuid7(NOW)
    # Given with a part: no report of its own.
    part = {"part": str(VisitPart.objects.get(file=child).id), "answers": {}}
    say(county, "visit.sealed", first, child, part)
    county.ids["taken"] = first
    open_one, sealed = add_escalation(county, child), add_escalation(county, child, sealed=True)
    grant = county.supervisor.grants.get()
    county.ids |= {
        "child": child, "visit": visit, "escalation": open_one, "sealed": sealed,
        "person": county.supervisor.id, "grant": grant.id, "village": county.village,
    }  # fmt: skip


def add_child(county: County, name: str) -> tuple[UUID, UUID]:
    """A registered child with a visit: their ids."""
    child, household, visit = (ids.uuid7(NOW) for _ in range(3))
    home = {"v": {"division": county.village, "address": f"三组12号{county.tag}"}, "saw": []}
    card = {"name": name, "sex": "female", "birth_date": "2018-03-07"}
    registers = {
        "identity": {"v": card, "saw": []},
        "residence": home,
        "household": {"v": str(household), "saw": []},
        "risk_level": {"v": "RED", "saw": []},
    }
    answers = {"child_seen": "yes", "words": f"奶奶住院了{county.tag}"}
    say(county, "household.register", household, household, {"set": {"residence": home}})
    say(county, "child.register", child, child, {"set": registers})
    cover = {"person": str(county.supervisor.id)}
    say(county, "caseload.assign", ids.uuid7(NOW), child, cover)
    say(county, "visit.record", visit, household, {"mode": "home", "answers": {}})
    say(county, "visit.part", ids.uuid7(NOW), child, {"visit": str(visit), "answers": answers})
    # Written by somebody who had not seen the first value: a conflict that a person settles.
    say(county, "child.edit", child, child, {"set": {"risk_level": {"v": "BLUE", "saw": []}}})
    county.marks += [name, str(child)]
    return child, visit


def add_escalation(county: County, child: UUID, *, sealed: bool = False, **more: Any) -> UUID:
    """As the server opens it from a finding; `more` stands in the finding instead."""
    op = ids.uuid7(NOW)
    finding = ids.derived(op, "finding")
    data = {
        "rule": "R5" if sealed else "R10", "rule_version": 1, "branch": 0, "severity": "critical",
        "source": "server", "sealed": sealed, "by_hand": False, "basis": ["MPL 21"],
        "observed": NOW.isoformat(), "received": NOW.isoformat(), "cause": str(ids.uuid7(NOW)),
        "to": ["police"], "deadline": NOW.isoformat(), "division": county.village,
        "facts": {"no_adult_now": True}, "title": {"zh": "无人照看", "en": "Alone"},
        "do": {"zh": "立即拨打 110", "en": "Call 110 now"}, "lesson": "young-children-alone",
        **more,
    }  # fmt: skip
    draft = Draft(
        op=op, person=SERVER, kind="finding.record", target=finding, file=child, data=data, at=NOW
    )
    _submit(draft)
    escalation = Escalation.objects.get(findings__contains=[finding]).id
    county.marks.append(str(escalation))
    return escalation


def say(county: County, kind: str, target: UUID, file: UUID, data: dict[str, Any]) -> None:
    """One operation of the county's supervisor, by the office's door."""
    _submit(
        Draft(
            op=ids.uuid7(NOW), person=county.supervisor.id, kind=kind, target=target, file=file,
            data=data, at=NOW,
        )
    )  # fmt: skip


def _submit(draft: Draft) -> None:
    (receipt,) = submit([draft], now=NOW)
    assert receipt.outcome == "applied", receipt
