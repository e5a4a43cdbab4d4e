"""What must be true before a step, beyond what it asks for. Raises the error that says what is lacking."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from backend.common.language import language
from fieldforms.vocabulary import detail, label

from . import answers, clocks, errors
from .case_flow import STEPS
from .models import RUNNING_ORDER, Assessment, Case, GuardianWarning, ProtectionOrder

Data = Mapping[str, Any]


def check(row: Case, step: str, data: Data, observed: dt.datetime) -> None:
    """Raises `AssessmentMissing`, `GroundUnmet`, `RestorationRefused`, `OrderRunning`, `TimeWrong`."""
    day = observed.astimezone(clocks.CHINA).date()
    _assessed(row, step)
    if STEPS[step].after is not None and observed < row.since_observed:
        raise _before(row.since_observed)
    if "until" in data and dt.date.fromisoformat(data["until"]) <= day:
        raise _wrong(
            "until", "截止日期须在发生日期之后。", "It has to lie after the day of the step."
        )
    if step == "file_revocation":
        for ground in data["revocation_grounds"]:
            _ground_met(row, ground, data, day)
    if step == "apply_restoration":
        _may_be_restored(row, day)
    if step == "restore" and row.intentional_crime:
        raise _after_crime()
    if step == "close" and ProtectionOrder.objects.filter(
        case=row.id, status__in=RUNNING_ORDER
    ).exclude(valid_until__lt=day).exists():  # fmt: skip
        raise errors.OrderRunning()


def _assessed(row: Case, step: str) -> None:
    """After temporary guardianship the assessment has to be a new one."""
    wanted = set(STEPS[step].evidence)
    if not wanted:
        return
    since = row.assessed_from if row.status == "assessment" else row.since_observed
    done = Assessment.objects.filter(case=row.id, form__in=wanted, observed__gte=since)
    missing = wanted - set(done.values_list("form", flat=True))
    if missing:
        names = [label("case_evidence", form, language()) for form in sorted(missing)]
        raise errors.AssessmentMissing(missing=", ".join(names))


def _ground_met(row: Case, ground: str, data: Data, day: dt.date) -> None:
    """2014 Opinions 35; the conditions stand in the vocabulary."""
    lacking = [
        _LACKING[name][language()].format(n=wanted)
        for name, wanted in (detail("revocation_ground", ground, "needs") or {}).items()
        if not _condition(row, name, wanted, data, day)
    ]
    if lacking:
        said = label("revocation_ground", ground, language())
        raise errors.GroundUnmet(ground=said, lacking="; ".join(lacking))


def _condition(row: Case, name: str, wanted: Any, data: Data, day: dt.date) -> bool:
    if name == "months":
        since = dt.date.fromisoformat(data["refused_since"])
        return clocks.day_months_after(since, wanted) <= day
    if name in ("education", "warnings"):
        return bool(times_spoken_to(row, authority=name == "warnings", until=day) >= wanted)
    return bool(data.get(name) == wanted)


def times_spoken_to(row: Case, *, authority: bool, until: dt.date) -> int:
    """How often the guardian was educated or warned; `authority` counts only those 35 (5) counts."""
    given = GuardianWarning.objects.filter(file=row.file, given_on__lte=until).exclude(kind="")
    if not row.sealed:
        given = given.filter(sealed=False)
    return sum(
        not authority or bool(by and detail("guardian_warning_by", by, "authority"))
        for by in given.values_list("by", flat=True)
    )


_LACKING = {
    "education": {
        "zh": "须至少有 {n} 次对监护人的批评教育记录",
        "en": "at least {n} record of education of the guardian",
    },
    "warnings": {
        "zh": "须至少有 {n} 次由公安、民政等部门作出的批评教育记录",
        "en": "at least {n} records of warnings by the police, civil affairs or another authority",
    },
    "months": {
        "zh": "拒不履行监护职责须已满 {n} 个月",
        "en": "duties must have been refused for {n} months",
    },
    "destitute": {
        "zh": "须导致未成年人流离失所或生活无着",
        "en": "the child must be destitute because of it",
    },
    "delegation_refused": {
        "zh": "须拒绝将监护职责委托给他人",
        "en": "the guardian must have refused to delegate the care",
    },
}


def _may_be_restored(row: Case, day: dt.date) -> None:
    """Civil Code 38 and 2014 Opinions 38."""
    if row.revoked_on is None:
        raise errors.RestorationRefused(
            sentence_zh="此监护人资格不是由法院撤销的，没有可以恢复的资格。",
            sentence_en="No court has revoked the guardianship in this case; there is nothing to restore.",
        )
    if row.intentional_crime:
        raise _after_crime()
    first, last = (clocks.day_months_after(row.revoked_on, n) for n in clocks.RESTORATION_MONTHS)
    if not first <= day <= last:
        raise errors.RestorationRefused(
            sentence_zh=f"申请恢复须在撤销之日起三个月至一年内（{first} 至 {last}）提出"
            "（法发〔2014〕24号第三十八条）。",
            sentence_en=f"Restoration can be applied for from three months to one year after the revocation"
            f" ({first} to {last}; 2014 Opinions, Article 38).",
        )


def _after_crime() -> errors.RestorationRefused:
    return errors.RestorationRefused(
        sentence_zh="对被监护人实施故意犯罪的，不得恢复监护人资格（《民法典》第三十八条）。",
        sentence_en="After an intentional crime against the child guardianship is never restored"
        " (Civil Code, Article 38).",
    )


def check_order(row: ProtectionOrder, step: str, data: Data, observed: dt.datetime) -> None:
    """Anti-Domestic Violence Law 30. Raises `TimeWrong`."""
    day = observed.astimezone(clocks.CHINA).date()
    if observed < row.applied_at:
        raise _before(row.applied_at)
    if step not in ("issue", "extend"):
        return
    until = dt.date.fromisoformat(data["valid_until"])
    begins = day if step == "issue" or row.valid_until is None else row.valid_until
    last = clocks.day_months_after(begins, clocks.ORDER_MONTHS)
    if step == "extend" and dt.date.fromisoformat(data["applied_on"]) > begins:
        raise _wrong(
            "applied_on",
            f"延长须在保护令失效（{begins}）前申请；现须重新申请（《反家庭暴力法》第三十条）。",
            f"An extension has to be applied for before the order ends ({begins}); apply for a new"
            " one (Anti-Domestic Violence Law, Article 30).",
        )
    if not begins < until <= last:
        raise _wrong(
            "valid_until",
            f"有效期每次不超过六个月：须在 {begins} 之后、{last} 以前（《反家庭暴力法》第三十条）。",
            f"Six months at most each time: after {begins} and not after {last}"
            " (Anti-Domestic Violence Law, Article 30).",
        )


def check_time(observed: dt.datetime, now: dt.datetime) -> None:
    """Nothing is recorded that has not happened yet, or in no child's life. Raises `TimeWrong`."""
    if observed.year not in answers.YEARS:
        raise unreadable("observed")
    if observed > now + dt.timedelta(minutes=5):
        raise in_the_future("observed")


def in_the_future(field: str) -> errors.TimeWrong:
    return _wrong(field, "发生时间不能在将来。", "It cannot have happened in the future.")


def unreadable(field: str) -> errors.TimeWrong:
    return _wrong(
        field, "时间无法识别，请按 年-月-日 时:分 填写。", "Not a time; write YYYY-MM-DD hh:mm."
    )


def _before(moment: dt.datetime) -> errors.TimeWrong:
    local = moment.astimezone(clocks.CHINA)
    return _wrong(
        "observed",
        f"发生时间不能早于上一步（{local:%Y-%m-%d %H:%M}）。",
        f"It cannot have happened before the step that it follows ({local:%Y-%m-%d %H:%M}).",
    )


def _wrong(field: str, zh: str, en: str) -> errors.TimeWrong:
    return errors.TimeWrong(fields=(field,), sentence_zh=zh, sentence_en=en)
