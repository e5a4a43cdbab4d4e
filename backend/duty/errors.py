"""What whoever keeps the roster can be told."""

from backend.common.errors import DomainError, Stale


class ShiftOverlaps(DomainError):
    """Says with which shift, so that one of the two can be changed."""

    code = "duty.overlap"
    status = 409
    fields = ("starts_at", "ends_at")
    zh = "与{who}的值班（{since} 至 {until}）时间重叠。请更改时间，或先取消那一班。"
    en = "It overlaps with {who}'s shift, {since} to {until}. Change the times, or cancel that one first."


class SpanInverted(DomainError):
    code = "duty.order"
    fields = ("starts_at", "ends_at")
    zh = "结束时间须晚于开始时间。"
    en = "It has to end after it begins."


class SpanTooLong(DomainError):
    code = "duty.length"
    fields = ("ends_at",)
    zh = "一次最多 {days} 天，请分次填写。"
    en = "At most {days} days at a time; enter it in parts."


class OnCallUnsuited(DomainError):
    """Somebody out of the actor's area gets the same answer: who works there is not confirmed."""

    code = "duty.person"
    fields = ("person", "deputies")
    zh = "值班人员和替班人员须是在此地区办理预警的工作人员，且不得重复。请另选。"
    en = "Who is on call, and each deputy, must work on escalations of this area, and be named once. Choose others."


class NotADutyPlace(DomainError):
    code = "duty.division"
    fields = ("division",)
    zh = "值班表只按县或乡镇设置。请填写 6 位或 9 位代码。"
    en = "A roster is kept for a county or a township. Give a code of 6 or 9 digits."


class ShiftStale(Stale):
    zh = "此班次已被他人更改（现为第 {revision} 版）。请刷新后再试。"
    en = "Somebody changed this shift (now revision {revision}). Reload it and try again."
