"""The story that must always work, played against a running demo over HTTP and nothing else.

Phones are the reference client as a process of its own (`python -m sync.client`). Each run registers
a child of its own, so that it can be repeated. A step that fails raises, and the story ends there.
"""

import time
from collections.abc import Callable
from pathlib import Path

from deploy.seed import Seed
from deploy.stack import Stack

from . import bad_days, carers, dangers, desk, doorstep, placement, reckoning
from .played import StepFailed, Story

STEPS: list[tuple[str, str, Callable[[Story], str]]] = [
    ("两部手机登记到同一个村", "Two phones for one village", doorstep.two_phones_for_one_village),
    ("登记一名6岁儿童", "A six-year-old is registered", doorstep.a_child_is_registered),
    ("离线走访：家中没有成年人", "Offline: no adult in the house", doorstep.no_adult_in_the_house),
    ("同事改了同一名儿童", "A colleague edits the same child", doorstep.a_colleague_edits_the_same_child),
    ("回执丢失后重发", "The answer is lost; A sends again", doorstep.the_answer_is_lost_and_a_sends_again),
    ("只有一条预警，依据与时间齐全", "One escalation, with basis and both clocks", doorstep.one_escalation_with_r10),
    ("逐项合并，只有一处冲突", "Merged, with one conflict", doorstep.merged_with_one_conflict),
    ("督导员裁定冲突", "The township supervisor decides", desk.the_township_decides),
    ("县里受理，后到者被告知", "Acknowledged once", desk.acknowledged_once),
    ("分派、着手", "Assigned and begun", desk.assigned_and_begun),
    ("立案", "A guardianship case is opened", placement.a_case_is_opened),
    ("紧急安置", "The child is placed", placement.the_child_is_placed),
    ("临时监护须第二人批准", "Temporary guardianship, approved by a second person",
     placement.temporary_guardianship_is_approved_by_a_second_person),
    ("决定到达两部手机", "The decision reaches both phones", placement.the_decision_reaches_both_phones),
    ("生成证据卷宗", "An evidence dossier is made", placement.a_dossier_is_made),
    ("核验卷宗", "The dossier is verified", placement.the_dossier_is_verified),
    ("办结、反馈到手机", "Resolved and reported back", desk.resolved_and_reported_back),
    ("转介之后又出现新的危险", "A second danger joins what was referred",
     dangers.a_second_danger_joins_what_was_referred),
    ("没有出生日期的孩子", "A child without a birth date", carers.a_child_without_a_birth_date),
    ("照料人患有痴呆", "A carer with dementia", carers.a_carer_with_dementia),
    ("手机时钟快了十年", "A clock ten years ahead", bad_days.a_clock_ten_years_ahead),
    ("坏行只影响自己", "A broken line harms only itself", bad_days.a_broken_line_harms_only_itself),
    ("移交不丢失", "Handed over without loss", bad_days.handed_over_without_loss),
    ("邻县什么也看不到", "The other county sees nothing", bad_days.the_other_county_sees_nothing),
    ("挂失的手机只收不发", "A revoked phone is received, gets nothing", bad_days.a_revoked_phone_is_received_but_gets_nothing),
    ("一条不少", "Nothing is lost", reckoning.nothing_is_lost),
    ("重算与现状一致", "State equals the refolded operations", reckoning.state_equals_the_operations),
]  # fmt: skip


def play(stack: Stack, seed: Seed, folder: Path) -> bool:
    """Says each step and what it found; False if one failed."""
    story = Story(stack, seed, folder)
    began = time.monotonic()
    for number, (zh, en, step) in enumerate(STEPS, start=1):
        print(f"\n{number}. {zh}  {en}", flush=True)
        at = time.monotonic()
        try:
            found = step(story)
            print(f"   ✓ {found} ({time.monotonic() - at:.1f} s)", flush=True)
        except Exception as error:  # noqa: BLE001 - whatever went wrong, this step is the one that failed
            kind = "" if isinstance(error, StepFailed) else f"{type(error).__name__}: "
            print(f"   ✗ {kind}{error}\n\nStep {number} failed: {en}.", flush=True)
            return False
    print(
        f"\nAll {len(STEPS)} steps hold ({time.monotonic() - began:.0f} s). 全部通过。", flush=True
    )
    return True
