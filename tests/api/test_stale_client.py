"""*Stale client + feed == fresh load*, asserted for every service that writes and every kind of operation.

A service that is in neither list of this file fails `test_every_service_is_looked_at`.
"""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

import backend
from backend.accounts import services as accounts
from backend.caseload import services as caseload
from backend.caseload.models import Assignment, FileLoan, Transfer
from backend.caseload.roster import services as roster
from backend.children import lookup
from backend.children import services as children
from backend.children.models import Child
from backend.concerns import services as concerns
from backend.concerns.models import Concern, Escalation
from backend.erasure import services as erasure
from backend.guardianship import services as guardianship
from backend.guardianship.models import Case
from backend.quarantine import queries as queue
from backend.quarantine import services as quarantine
from backend.referrals import queries as referral_queries
from backend.referrals import services as referrals
from backend.referrals.models import Referral
from backend.regions.models import Division
from sync.protocol import ids
from sync.registry import registry

from . import cases
from .conftest import COUNTY, NOW, OTHER_COUNTY, VILLAGE, person
from .copies import Contents, Copies
from .town import NEXT_VILLAGE, Town, written

FAR_VILLAGE = OTHER_COUNTY + "100201"
Steps = dict[str, Callable[["Scene"], Any]]

# They write nothing that a phone holds: accounts, phones, settings, logs, and what only reads.
NOTHING_A_PHONE_HOLDS = {
    "accounts": {
        "NewPerson", "LEDGERED", "close_sessions", "device_enrol", "device_order",
        "device_order_withdraw", "device_revoke", "enrolment_code_create",
        "enrolment_codes_forget", "orders_done", "password_change", "password_set",
        "people_check", "people_create", "person_create",
        "LogIn", "factor_begin", "factor_confirm", "factor_end", "factor_shown", "factor_tried",
        "factor_used", "log_in_end", "log_ins", "log_ins_clean", "log_ins_close", "log_ins_end",
        "passkey_added", "passkey_remove", "recovery_codes_new",
        # They perform what stands in this file by its own name.
        "CONFIRMED", "Wish", "confirmation_ask", "confirmation_confirm", "confirmation_refuse",
        "confirmation_withdraw", "confirmations_carry_out", "second_factor_ask",
    },
    "audit": {"LEDGER_KIND", "Line", "record", "record_each", "seal", "witness"},
    "caseload": {
        "Choice", "Restricted", "assign_preview", "forget", "forget_dangers", "handover_preview",
        "opening_ask", "plan_configure", "replan", "replan_county", "restrict", "transfer_offer", "transfer_refuse", "transfer_withdraw",
    },
    # A new edition of the rules is told in the phone's configuration.
    "concerns.editions": {
        "edition_approve", "edition_draft", "edition_publish", "edition_rehearsed",
        "edition_retire", "edition_revise", "mine", "seen",
    },
    "caseload.roster": {"importer", "narrowed", "opened", "preview", "read"},
    # It only drafts what the opening of a case brings with it; a call to the police, and where a new
    # finding goes on, stand in the escalation, which no phone holds.
    "concerns": {"case_opened", "escalation_report", "escalation_resume", "referred"},
    "dossier": {"dossier_make", "forget", "may_make"},
    "duty": {"check_span", "leave_cancel", "leave_create", "shift_cancel", "shift_change", "shift_create"},
    "erasure": {"erase_again", "erasure_ask"},
    # Orders, assessments and what was said to a guardian are the county's; limits are settings.
    "guardianship": {
        "assessment_record", "case_decline", "limits_configure", "protection_order_apply",
        "protection_order_step", "warning_give",
    },
    # What becomes of a photograph or of recovered evidence is the office's to see.
    "attachments": {"attachment_close"},
    # Messages go to inboxes, not to phones.
    "notifications": {
        "Notice", "contact_save", "deliveries_forget", "deliveries_resend", "enqueue", "notices_forget",
        "notices_read", "webhook_change",
        "webhook_create",
    },
    # The directory is in the phone's configuration; who is missing is the office's to publish.
    "referrals": {
        "missing_clue", "missing_note", "missing_step", "organisation_change",
        "organisation_create", "organisation_people", "referral_draft",
    },
    # Files go by `erasure.child_erase`, as two people decided; it asks for that.
    "retention": {"erasure_propose", "keep", "propose"},
    # What guardians ask for is the office's to answer.
    "rights": {
        "answer_days", "copies_expire", "copy_approve", "copy_ask", "copy_keep", "copy_refuse",
        "copy_revoke", "copy_withdraw", "forget", "label",
    },
    "recovery": {"recovered_alert", "recovered_settle"},
    "regions": {"Row", "divisions_load"},
    # What they carry out is looked at where it is written: a roster, a dossier.
    "tasks": {"carry_on", "forget", "forget_expired", "task_ask", "task_cancel"},
}  # fmt: skip


class Scene:
    """A county with two supervisors, one phone each and one that they share, their township's with hers,
    and some children."""

    def __init__(self, town: Town) -> None:
        self.town = town
        for code in (COUNTY, VILLAGE, NEXT_VILLAGE, OTHER_COUNTY, FAR_VILLAGE):
            level = {6: "county", 12: "village"}[len(code)]
            Division.objects.create(code=code, name="地" + code, level=level)
        town.people["lead"] = person("lead", "county_lead", COUNTY, None)
        self.wu, self.yang = town.people["wu"].id, town.people["yang"].id
        self.officer, self.admin = town.people["officer"].id, town.people["admin"].id
        self.child = town.child("龙小燕", of="wu", guardian="13912345678")
        self.other = town.child("石阿朵", of="wu")
        self.third = town.child("吴小梅", village=NEXT_VILLAGE, of="yang")
        self.writer = town.phone("wu")
        self.writer.sync()
        self.township = town.people["township"].id
        self.copies = Copies(
            [[self.wu], [self.yang], [self.wu, self.yang], [self.township]], admin=self.admin
        )

    def household(self, child: UUID) -> UUID:
        home = Child.objects.get(id=child).household
        assert home
        return home

    def say(self, kind: str, target: UUID, data: dict[str, Any], file: UUID | None = None) -> UUID:
        """By the writer's phone, which is neither stale nor fresh."""
        self.writer.say(kind, target, data, file=file)
        (receipt,) = self.writer.sync(self.writer.log[-1])["receipts"]
        assert receipt["outcome"] == "applied", receipt
        return target

    def send(self, kind: str, target: UUID, data: dict[str, Any], **more: Any) -> UUID:
        """What does not get in: the operation's id."""
        self.writer.say(kind, target, data)
        line = json.loads(self.writer.log[-1]) | more
        self.writer.log[-1] = json.dumps(line).encode()
        (receipt,) = self.writer.sync(self.writer.log[-1])["receipts"]
        assert receipt["outcome"] != "applied", receipt
        return UUID(receipt["op"])

    def by_office(
        self, kind: str, target: UUID, data: dict[str, Any], file: UUID | None = None
    ) -> None:
        self.town.submit(self.town.office(kind, target, data, file))

    def live(self, child: UUID, register: str) -> list[UUID]:
        return [UUID(op) for op in lookup.child_states([child])[child][register].live]

    def escalation(self) -> Escalation:
        return Escalation.objects.exclude(status__in=("resolved", "unfounded")).get()


def danger(scene: Scene) -> UUID:
    """A visit that opens an escalation, and a concern."""
    answers = {"child_seen": "yes", "lives_alone": "yes", "adult_with_child_now": "no"}
    scene.say("visit.part", ids.uuid7(NOW), {"answers": answers}, scene.child)
    return scene.say(
        "concern.raise", ids.uuid7(NOW), {"kind": "neglect", "answers": {}}, scene.child
    )


def own_edit(scene: Scene, value: str) -> None:
    """By somebody who has seen nothing of it: a conflict as soon as there are two."""
    scene.by_office("child.edit", scene.child, written(school=value))


KINDS: Steps = {
    "household.edit": lambda s: s.by_office(
        "household.edit", s.household(s.child), written(income="aid")
    ),
    "guardian.register": lambda s: s.by_office(
        "guardian.register", ids.derived(s.child, "adult"),
        written(identity={"name": "龙阿婆"}, household=str(s.household(s.child))),
        s.household(s.child),
    ),
    "guardian.edit": lambda s: s.by_office(
        "guardian.edit", ids.derived(s.child, "adult"), written(contact={"phone": "139"}),
        s.household(s.child),
    ),
    "household.register": lambda s: s.say(
        "household.register", ids.derived(s.child, "home"),
        written(residence={"division": VILLAGE}),
    ),
    "child.register": lambda s: s.say(
        "child.register", ids.derived(s.child, "sibling"),
        written(identity={"name": "龙小山"}, residence={"division": VILLAGE},
                household=str(ids.derived(s.child, "home"))),
    ),
    "child.edit": lambda s: s.by_office("child.edit", s.child, written(health="fair")),
    "child.edit of the household": lambda s: s.by_office(
        "child.edit", s.other,
        {"set": {"household": {"v": str(ids.derived(s.child, "home")),
                               "saw": [str(op) for op in s.live(s.other, "household")]}}},
    ),
    "visit.record": lambda s: s.say(
        "visit.record", ids.derived(s.child, "visit"), {"mode": "home", "answers": {}},
        s.household(s.child),
    ),
    "visit.part": lambda s: s.say(
        "visit.part", ids.uuid7(NOW), {"answers": {"child_seen": "yes"}}, s.child
    ),
    "visit.sealed": lambda s: s.say("visit.sealed", ids.uuid7(NOW), {"answers": {}}, s.child),
    "delegation.confirm": lambda s: s.say(
        "delegation.confirm", ids.derived(s.child, "delegation"), {"answers": {}}, s.child
    ),
    "delegation.revoke": lambda s: s.say(
        "delegation.revoke", ids.uuid7(NOW),
        {"delegation": str(ids.derived(s.child, "delegation"))}, s.child,
    ),
    "guardian_warning.give": lambda s: s.say(
        "guardian_warning.give", ids.uuid7(NOW), {"kind": "education", "by": "supervisor"}, s.child
    ),
    "concern.raise": danger,
    "concern.resolve": lambda s: s.by_office(
        "concern.resolve", ids.uuid7(NOW),
        {"concerns": [str(Concern.objects.get().id)], "reason": "已处理"}, s.child,
    ),
    "caseload.end": lambda s: s.by_office(
        "caseload.end", Assignment.objects.get(file=s.other, ends_on=None).id, {"revision": 1},
        s.other,
    ),
    "caseload.assign": lambda s: s.by_office(
        "caseload.assign", ids.uuid7(NOW), {"person": str(s.yang)}, s.other
    ),
}  # fmt: skip
# Written by the server or by services of the next lists, or never on a phone.
BY_OTHERS = {
    "feedback.send", "finding.record", "gap.record", "file.erase", "open_danger.show", "recovered.keep",
    "assessment.record", "attachment.lose", "case_card.show", "dossier.make", "referral_card.show",
}  # fmt: skip


def test_after_every_kind_of_operation_a_stale_client_has_what_a_new_one_loads(town: Town) -> None:
    run(Scene(town), KINDS)


def test_every_kind_is_looked_at() -> None:
    kinds = {
        kind
        for kind in registry.by_kind
        if not kind.startswith(
            (
                "escalation.",
                "transfer.",
                "operation.",
                "case.",
                "protection_order.",
                "referral.",
                "missing.",
            )
        )
    }
    assert kinds - BY_OTHERS - KINDS.keys() == set()


def run(scene: Scene, steps: Steps) -> list[list[Contents]]:
    found = [scene.copies.check("at the start")]
    for name, step in steps.items():
        step(scene)
        found.append(scene.copies.check(name))
    return found


def assign(scene: Scene, *, to: UUID, only: UUID) -> None:
    choice = caseload.Choice(children=(only,))
    order = caseload.assign_in_bulk(choice=choice, to=to, actor=scene.admin, now=NOW)
    assert caseload.order_run(order=order.id, now=NOW, chunks=1) == "finished"


def hand_over(scene: Scene) -> None:
    order = caseload.handover(from_person=scene.yang, to=scene.wu, actor=scene.admin, now=NOW)
    assert caseload.order_run(order=order.id, now=NOW, chunks=1) == "finished"


def grant(scene: Scene) -> None:
    accounts.role_grant(
        person=scene.wu, role="village_supervisor", prefixes=[NEXT_VILLAGE], starts_on=NOW.date(),
        actor=scene.admin, now=NOW,
    )  # fmt: skip


def end_role(scene: Scene) -> None:
    row = scene.town.people["wu"].grants.get(prefixes=[NEXT_VILLAGE])
    accounts.role_end(person=scene.wu, grant=row.id, actor=scene.admin, now=NOW)


def resolve_conflict(scene: Scene) -> None:
    own_edit(scene, "primary")
    own_edit(scene, "dropped_out")
    scene.copies.check("a conflict")
    children.conflict_resolve(
        kind="child", record=scene.child, register="school", value="primary",
        saw=scene.live(scene.child, "school"), actor=scene.officer, now=NOW,
    )  # fmt: skip


def rate(scene: Scene) -> None:
    children.risk_level_set(
        child=scene.child, level="RED", reason="家访所见", saw=[], actor=scene.officer, now=NOW
    )


def correct(scene: Scene) -> None:
    children.fact_correct(
        kind="child", record=scene.child, register="residence", member="address",
        before="三组12号", value="三组21号", op=ids.uuid7(NOW), actor=scene.officer, now=NOW,
    )  # fmt: skip


def stepped(service: Callable[..., Any], **given: Any) -> Callable[[Scene], None]:
    def step(scene: Scene) -> None:
        row = scene.escalation()
        service(escalation=row.id, revision=row.revision, actor=scene.officer, now=NOW, **given)

    return step


WORDS = {"reason": "已核实", "feedback": "已安置"}


def found_again(scene: Scene) -> None:
    danger(scene)
    concerns.escalation_acknowledge(
        escalation=scene.escalation().id, revision=scene.escalation().revision,
        actor=scene.officer, now=NOW,
    )  # fmt: skip
    row = scene.escalation()
    concerns.escalation_mark_unfounded(
        escalation=row.id, revision=row.revision, actor=scene.officer, now=NOW, **WORDS
    )


def keep_out(scene: Scene) -> None:
    """Her township's supervisor is concerned herself: the file leaves her phone."""
    danger(scene)
    scene.copies.check("another danger")
    stepped(concerns.escalation_keep_out, people=[scene.township], reason="被举报")(scene)


def end_concerns(scene: Scene) -> None:
    row = Escalation.objects.latest("opened_at")
    still_open = [concern.id for concern in Concern.objects.all()]
    concerns.concerns_resolve(
        escalation=row.id, concerns=still_open, reason="已处理", actor=scene.officer, now=NOW
    )


def import_sheet(scene: Scene, school: str) -> None:
    head = ["姓名", "身份证号码", "出生日期", "村", "就读学校", "儿童主任"]
    row = ["石小云", "522630201803072467", "2018-03-07", VILLAGE, school, "吴wu"]
    roster.import_roster(table=[head, row], division=COUNTY, person=scene.admin, now=NOW)


def take_over(scene: Scene) -> None:
    caseload.transfer_offer(
        child=scene.other, to=FAR_VILLAGE, reason="迁居", actor=scene.officer, now=NOW
    )
    scene.copies.check("transfer_offer")
    row = Transfer.objects.get()
    caseload.transfer_accept(
        transfer=row.id, revision=row.revision, actor=scene.town.people["stranger"].id, now=NOW
    )


def report_police(scene: Scene) -> None:
    row = Case.objects.get()
    guardianship.case_step(
        case=row.id, step="report_police", given=cases.GIVEN["report_police"],
        revision=row.revision, actor=scene.officer, now=NOW,
    )  # fmt: skip


def close_case(scene: Scene) -> None:
    row, lead = Case.objects.get(), scene.town.people["lead"].id
    guardianship.case_step(
        case=row.id, step="close", given=cases.GIVEN["close"], revision=row.revision,
        actor=scene.officer, now=NOW,
    )  # fmt: skip
    guardianship.case_approve(case=row.id, actor=lead, revision=row.revision + 1, now=NOW)


def refer(scene: Scene) -> None:
    clinic = scene.town.people["clinic"] = person("clinic", "partner_worker", COUNTY, None)
    made = referrals.organisation_create(
        division=COUNTY, name="县医院", kind="health", actor=scene.admin, now=NOW
    )
    referrals.organisation_people(
        organisation=made.id, people=[clinic.id], actor=scene.admin, now=NOW
    )
    row = referrals.referral_draft(child=scene.child, actor=scene.officer, now=NOW)
    _, digest = referral_queries.preview(
        viewer=scene.officer, referral=row.id, fields=["age"], now=NOW
    )
    referrals.referral_send(
        referral=row.id, organisation=made.id, due_on=timezone.localdate(NOW), purpose="康复",
        fields=["age"], digest=digest, actor=scene.officer, revision=row.revision, now=NOW,
    )  # fmt: skip


def answered(actor: str, step: str, **given: str) -> Callable[[Scene], None]:
    """By the organisation itself, or by the office."""

    def take(scene: Scene) -> None:
        row = Referral.objects.get()
        service = referrals.referral_answer if actor == "clinic" else referrals.referral_step
        service(
            referral=row.id, step=step, given=given, actor=scene.town.people[actor].id,
            revision=row.revision, now=NOW,
        )  # fmt: skip

    return take


def erase(scene: Scene) -> None:
    erasure.child_erase(
        child=scene.third, reason="依法申请", actor=scene.town.people["lead"].id,
        confirmed_by=scene.admin, now=NOW,
    )  # fmt: skip


def decided(service: Callable[..., Any], **given: Any) -> Callable[[Scene], None]:
    """About an edit that nobody can read, or given `person`, one by somebody not on the phone."""
    more = {"person": str(ids.uuid7(NOW))} if given.pop("stranger", False) else {}

    def step(scene: Scene) -> None:
        data = written(nickname="小燕") if more else {"set": 5}
        item = scene.send("child.edit", scene.child, data, **more)
        row = queue.one(viewer=scene.admin, item=item, now=NOW).item
        service(
            item=item, actor=scene.admin, reason="核实", revision=row.revision, now=NOW, **given
        )

    return step


SERVICES: dict[str, Steps] = {
    "concerns": {
        "escalation_acknowledge": lambda s: (
            danger(s), stepped(concerns.escalation_acknowledge)(s)
        ),
        "escalation_assign": lambda s: stepped(
            concerns.escalation_assign, assigned_to=s.officer
        )(s),
        "escalation_start": stepped(concerns.escalation_start),
        "escalation_resolve": stepped(concerns.escalation_resolve, outcome="settled", **WORDS),
        "escalation_mark_unfounded": found_again,
        "concerns_resolve": end_concerns,
        "escalation_keep_out": keep_out,
    },
    "guardianship": {
        "case_open": lambda s: guardianship.case_open(
            child=s.child, reason="被打伤", actor=s.officer, now=NOW
        ),
        "case_step": report_police,
        "case_approve": close_case,
    },
    "referrals": {
        "referral_send": refer,
        "referral_answer": answered("clinic", "accept"),
        "referral_step": answered("officer", "tell", words="医院已经接诊"),
    },
    "children": {
        "conflict_resolve": resolve_conflict,
        "fact_correct": correct,
        "risk_level_set": rate,
    },
    "caseload.roster": {
        "import_roster": lambda s: import_sheet(s, "一小"),
        "import_roster again": lambda s: import_sheet(s, "二小"),
    },
    "accounts": {"role_grant": grant, "role_end": end_role},
    "caseload": {
        "assign_in_bulk": lambda s: (grant(s), assign(s, to=s.wu, only=s.third)),
        "order_run": lambda s: assign(s, to=s.yang, only=s.third),
        "handover": hand_over,
        "file_borrow": lambda s: caseload.file_borrow(
            child=s.third, reason="去看看", actor=s.township, now=NOW
        ),
        "file_return": lambda s: caseload.file_return(
            loan=FileLoan.objects.get().id, actor=s.township, now=NOW
        ),
        "transfer_accept": take_over,
    },
    "erasure": {"child_erase": erase},
    "quarantine": {
        "item_replay": decided(quarantine.item_replay),
        "item_set_aside": decided(quarantine.item_set_aside),
        "item_repair": decided(
            quarantine.item_repair, members={"data": written(nickname="燕子")}
        ),
        "item_approve": decided(quarantine.item_approve, stranger=True),
    },
}  # fmt: skip


@pytest.mark.parametrize("app", SERVICES)
def test_after_every_service_that_writes_a_stale_client_has_what_a_new_one_loads(
    town: Town, app: str
) -> None:
    before, *after = run(Scene(town), SERVICES[app])
    # Something of it did reach a phone, or the comparison would prove nothing. A role changes which
    # cursor is accepted, and no file.
    assert before != after[-1] or app == "accounts"


def test_somebody_who_leaves_keeps_what_she_covers_until_it_is_handed_over(town: Town) -> None:
    scene = Scene(town)
    accounts.person_deactivate(person=scene.yang, actor=scene.admin, now=NOW)
    scene.copies.check("person_deactivate", renew=False)


def test_every_service_is_looked_at() -> None:
    seen = {app: {*steps} for app, steps in SERVICES.items()}
    seen["accounts"].add("person_deactivate")
    unknown = {
        f"{app}.{name}"
        for app, names in services().items()
        for name in names - seen.get(app, set()) - NOTHING_A_PHONE_HOLDS.get(app, set())
    }
    assert unknown == set()


def services() -> dict[str, set[str]]:
    """What each app's `services` offers to others, found by looking."""
    found = {}
    for module in pkgutil.walk_packages(backend.__path__, "backend."):
        if module.name.endswith(".services"):
            loaded = importlib.import_module(module.name)
            app = module.name.removeprefix("backend.").removesuffix(".services")
            found[app] = set(getattr(loaded, "__all__", ())) or {
                name
                for name, value in inspect.getmembers(loaded, inspect.isfunction)
                if value.__module__ == module.name and not name.startswith("_")
            }
    return found


def test_the_comparison_can_fail(town: Town) -> None:
    """A write past the feed is what it is there to find."""
    scene = Scene(town)
    Assignment.objects.filter(file=scene.child).update(starts_on="2020-01-01")
    with pytest.raises(AssertionError, match="a silent write"):
        scene.copies.check("a silent write")
