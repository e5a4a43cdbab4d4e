"""A county with a child and the people who work on its case, each at a desk."""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils import timezone

from backend.guardianship.models import Case
from fieldforms.compile import compile_form
from fieldforms.services import publish_forms

from .conftest import COUNTY, NOW, OTHER_COUNTY, person
from .town import CAST, Desk, Town

DAY = dt.timedelta(days=1)
TODAY = timezone.localdate(NOW)
SAFETY = {
    "assessors": ["township", "civil_affairs", "police"], "child_seen_alone": "yes",
    "child_place": "kin", "immediate_danger": "no", "health": "fair", "medical_needed": "no",
    "harmer_has_access": "no", "child_wish": "我想和外婆住", "conclusion": "conditional",
    "conclusion_reason": "父亲酗酒打人",
}  # fmt: skip
# What each step is given where a test says nothing else.
GIVEN: dict[str, dict[str, Any]] = {
    "report_police": {
        "called_at": NOW.isoformat(), "police_officer": "王警官", "receipt": "警回2026-18",
    },
    "place": {
        "placement_cause": "hurt", "placement": "institution", "carer": "县福利院",
        "handed_over_by": "王警官", "document": "移交单3号", "child_wish": "我怕回家",
        "for_supervisor": "孩子在福利院，平安",
    },
    "begin_assessment": {"reason": "三方评估"},
    "take_guardianship": {
        "temporary_ground": "hurts", "care_form": "institution", "carer": "县福利院",
        "document": "民监〔2026〕1号", "reason": "父亲多次打伤孩子",
    },
    "move_placement": {
        "placement": "kin", "carer": "外婆", "child_wish": "和外婆住", "reason": "外婆愿意",
    },
    "decide": {"reason": "评估完成"},
    "return_home": {
        "document": "民监〔2026〕2号", "reason": "父亲已戒酒", "child_wish": "想回家",
        "interval_days": 5, "until": (TODAY + 90 * DAY).isoformat(),
        "for_supervisor": "请每周看望",
    },
    "file_revocation": {
        "applicant": "civil_affairs", "applicant_name": "县民政局", "respondent": "龙某",
        "revocation_grounds": ["harm"], "court": "县人民法院", "document": "申请书1号",
        "reason": "暴力伤害",
    },
    "court_accepts": {"document": "（2026）民特1号"},
    "extend_judgment": {"document": "延审1号", "until": (TODAY + 60 * DAY).isoformat()},
    "withdraw": {"reason": "父亲去世"},
    "dismiss": {"document": "（2026）民特1号判决", "reason": "证据不足"},
    "appoint": {
        "document": "（2026）民特1号判决", "guardian_kind": "grandparent", "guardian": "外婆",
        "intentional_crime": "no",
    },
    "assume": {"long_term_ground": "dead", "document": "民监3号", "reason": "父母双亡"},
    "record_crime": {"document": "刑初9号"},
    "apply_restoration": {"applicant_name": "龙某", "document": "申请书2号", "reason": "悔改"},
    "restore": {
        "document": "（2027）民特2号", "child_wish": "想回家", "interval_days": 7,
        "until": (TODAY + 300 * DAY).isoformat(),
    },
    "refuse_restoration": {"document": "（2027）民特2号"},
    "close": {"outcome": "home_safe", "follow_up": "每季走访", "reason": "回访期满"},
}  # fmt: skip
ORDER = {
    "applicant": "civil_affairs", "applicant_name": "县民政局", "respondent": "龙某",
    "court": "县人民法院", "urgent": "no", "reason": "父亲持刀威胁",
}  # fmt: skip
APPROVED = ("take_guardianship", "return_home", "file_revocation", "assume", "close")


@dataclass
class Office:
    """Two leads, an officer; the child lives in a village that Wu covers."""

    town: Town
    child: UUID

    def desk(self, name: str) -> Desk:
        return self.town.desk(name)

    def open(self, *, by: str = "officer", **more: Any) -> UUID:
        body = {"child": str(self.child), "reason": "被父亲打伤", **more}
        answer = self.desk(by).post("cases/", **body)
        assert answer.status_code == 201, answer.content
        return UUID(answer.json()["id"])

    def step(self, case: UUID, step: str, *, by: str = "officer", **more: Any) -> Any:
        """The answer; `observed` and `revision` beside what the step is given."""
        row = Case.objects.get(id=case)
        body: dict[str, Any] = {"revision": more.pop("revision", row.revision), "step": step}
        if "observed" in more:
            body["observed"] = more.pop("observed").isoformat()
        body["given"] = {**GIVEN.get(step, {}), **more}
        return self.desk(by).post(f"cases/{case}/steps", **body)

    def approve(self, case: UUID, *, by: str = "lead") -> Any:
        row = Case.objects.get(id=case)
        return self.desk(by).post(f"cases/{case}/approve", revision=row.revision, note="同意")

    def take(self, case: UUID, *steps: str, **more: Any) -> Case:
        """Takes steps that have to succeed, with the assessments they rest on."""
        for step in steps:
            self.prepare(case, step, **more)
            answer = self.step(case, step, **more)
            assert answer.status_code == 200, (step, answer.content)
            if step in APPROVED:
                answer = self.approve(case)
                assert answer.status_code == 200, (step, answer.content)
        return Case.objects.get(id=case)

    def prepare(self, case: UUID, step: str, **more: Any) -> None:
        form = {"take_guardianship": "safety_assessment", "decide": "guardianship_assessment"}
        if step in form:
            self.assess(case, form[step], **more)

    def assess(self, case: UUID, form: str, *, by: str = "officer", **more: Any) -> Any:
        body = {"form": form, "version": compile_form(form)["version"], "answers": SAFETY}
        if "observed" in more:
            body["observed"] = more["observed"].isoformat()
        answer = self.desk(by).post(f"cases/{case}/assessments/", **body)
        assert answer.status_code == 201, answer.content
        return answer.json()

    def warn(
        self, case: UUID, *, by: str = "police", kind: str = "warning", day: Any = TODAY
    ) -> Any:
        body = {"kind": kind, "by": by, "given_on": str(day), "to": "龙某", "text": "不得再打孩子"}
        return self.desk("officer").post(f"cases/{case}/warnings/", **body)

    def detail(self, case: UUID, *, by: str = "officer") -> Any:
        answer = self.desk(by).get(f"cases/{case}/")
        assert answer.status_code == 200, answer.content
        return answer.json()


PEOPLE = {
    "lead": ("county_lead", COUNTY), "second_lead": ("county_lead", COUNTY),
    "far_lead": ("county_lead", OTHER_COUNTY),
}  # fmt: skip


def make() -> Office:
    """Without the `town` fixture: most tests need no transaction of their own."""
    publish_forms(now=NOW)
    town = Town({n: person(n, role, prefix, None) for n, (role, prefix) in (CAST | PEOPLE).items()})
    return Office(town, town.child("龙小燕", of="wu", risk_level="GREEN"))
