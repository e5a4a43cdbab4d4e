"""What goes wrong in three months: how often, for whom, and what the supervisor then answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Scene:
    """`times` in the whole county, for children of `ages` (from, to); `rule` is what finds it."""

    rule: str
    times: int
    ages: tuple[int, int] = (1, 17)
    household: Mapping[str, Any] = field(default_factory=dict)
    child: Mapping[str, Any] = field(default_factory=dict)
    sealed: Mapping[str, Any] = field(default_factory=dict)


def _told(words: str, **answers: Any) -> Mapping[str, Any]:
    return {**answers, "facts_observed": words}


_CALLED = {"police_called": "yes", "police_receipt": "示例回执"}

SCENES = (
    Scene(rule="R14", times=8, ages=(8, 14), child=_told(
        "开学一个月没有去学校，在家帮忙干活。", school_status="dropped_out", needs=["education"],
    )),
    Scene(rule="R15", times=5, ages=(1, 5), child=_told(
        "户口还没有上，出生证明在外婆家。", hukou_registered="no",
    )),
    Scene(rule="R16", times=9, household={"household_poor": "yes", "aid_received": ["none"]},
          child=_told("只靠几亩地，米缸快空了，没有申请过救助。", needs=["aid"])),
    Scene(rule="R17", times=5, household={
        "father_status": "dead", "mother_status": "out_of_contact_six_months",
    }, child=_told("父亲去世，母亲离家大半年没有消息。")),
    Scene(rule="R18", times=6, child=_told(
        "走路不稳，没有办过残疾证，也没有做过康复。", special_needs="yes", health="disabled",
        disabled="yes", disability_certificate="no", rehabilitation_received="no",
        needs=["rehabilitation"],
    )),
    Scene(rule="R20", times=14, child=_told("两个月没有接到父母的电话。", parent_contact="rarely")),
    Scene(rule="R9", times=2, household={"guardian_event": "hospital"}, child=_told(
        "爷爷住院，邻居轮流送饭，晚上没有说好谁来陪。", child_cared_for="no",
    )),
    Scene(rule="R10", times=4, ages=(2, 6), child=_told(
        "外婆下地干活时孩子一个人在家。", days_alone_last_week=3,
    )),
    Scene(rule="R11", times=3, child=_told(
        "照料人白天就喝酒，说话不清。", carer_unfitness=["alcohol"], carer_is_delegate="yes",
    )),
    Scene(rule="R12", times=2, household={"police_warning_issued": "yes"},
          child=_told("派出所上个月发过告诫书。")),
    Scene(rule="R19", times=2, ages=(11, 16), child=_told(
        "孩子低着头说的，已告诉班主任。", suicide_thoughts="yes", mood="low",
        child_words="我有时候觉得活着没意思。",
    )),
    Scene(rule="R22", times=2, ages=(11, 16), child=_told(
        "群里有人起外号、发他的照片取笑。", goes_online="yes", online_harm=["bullied"],
        online_crime_suspected="no",
    )),
    Scene(rule="R10", times=1, ages=(3, 6), child=_told(
        "家里没有大人，孩子坐在门槛上。已打110，守到民警来。", adult_with_child_now="no", **_CALLED,
    )),
    Scene(rule="R4", times=1, ages=(5, 14), household={"domestic_violence_suspected": "yes"},
          child=_told("胳膊上有淤青，说是摔的，眼睛看着地上。", visible_injuries="yes",
                      several_injuries="no", mood="fearful", **_CALLED)),
    Scene(rule="R6", times=1, ages=(4, 12), child=_told(
        "背上和腿上有好几处伤。", visible_injuries="yes", several_injuries="yes", mood="fearful",
        **_CALLED,
    )),
    Scene(rule="R11", times=2, child=_told(
        "奶奶记性越来越差，灶上的火忘了关。", carer_unfitness=["mental"],
    )),
    # R2 finds it for the township. A stricter R10 would find more: something for a rehearsal to show.
    Scene(rule="R2", times=3, ages=(8, 9), child=_told(
        "放学后到天黑前一个人在家写作业，奶奶在镇上卖菜。", days_alone_last_week=2,
    )),
)  # fmt: skip
