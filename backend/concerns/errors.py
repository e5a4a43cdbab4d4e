"""What the office can be told when a step on an escalation is not possible."""

from backend.common import errors as common
from backend.common.errors import DomainError, Stale


class EscalationStale(Stale):
    """Names who was quicker and when, because that is whom one has to talk to."""

    zh = "{who}已于 {when} 更改此预警（现为第 {revision} 版）。请刷新后再试。"
    en = (
        "{who} changed this escalation at {when} (now revision {revision})."
        " Reload it and try again."
    )


class StepRefused(common.StepRefused):
    code = "escalation.transition"
    fields = ("status",)


class ReasonRequired(DomainError):
    code = "escalation.reason"
    status = 403
    fields = ("reason",)
    zh = "此档案已密封，打开须写明理由，并会留下记录。"
    en = "This file is sealed. Opening it needs a reason, which is kept on record."


class WordsRequired(DomainError):
    """A reason and, unless sealed, what the reporter is told: she has to hear what came of it."""

    code = "escalation.words"
    fields = ("reason", "feedback")
    zh = "请写明：{missing}。"
    en = "Please write: {missing}."


class FeedbackSealed(DomainError):
    code = "escalation.feedback_sealed"
    fields = ("feedback",)
    zh = "密封预警不向报告人反馈。请清空反馈内容。"
    en = "A sealed escalation sends no feedback. Leave the feedback empty."


class FeedbackWithheld(DomainError):
    code = "escalation.feedback_withheld"
    fields = ("feedback",)
    zh = "此预警涉及上报链条中的人员，反馈可能被其看到，因此不经系统发送。请清空反馈内容，由您当面或电话告诉报告人。"
    en = "This escalation concerns somebody in the reporting chain who could read the feedback, so none is sent. Leave it empty, and tell the reporter yourself."


class CallInFuture(DomainError):
    code = "escalation.called_at"
    fields = ("called_at",)
    zh = "报警时间在将来。请核对后填写实际通话时间。"
    en = "The time of the call is in the future. Enter when the call was made."


class CallTimeMissing(DomainError):
    code = "escalation.call_time_missing"
    fields = ("called_at",)
    zh = "请填写报警电话的日期和时间。"
    en = "Enter the date and time of the call."


class PersonUnknown(DomainError):
    code = "escalation.person"
    fields = ("people",)
    zh = "其中有的人员不存在。请核对。"
    en = "Some of these people do not exist. Check them."


class NobodyLeft(DomainError):
    code = "escalation.nobody_left"
    status = 409
    fields = ("people",)
    zh = "这样就没有人能办理此预警了。请先请上级或管理员为其他人员授予角色。"
    en = "Nobody would be left to work on it. Have a role granted to somebody else first."


class OutcomeUnknown(DomainError):
    code = "escalation.outcome"
    fields = ("outcome",)
    zh = "处理结果“{given}”不在列表中，可选：{possible}。"
    en = "The outcome “{given}” is not in the list; possible: {possible}."


class ConcernNotOpen(DomainError):
    """Also for an id that does not exist or belongs to another child."""

    code = "concern.not_open"
    status = 409
    fields = ("concerns",)
    zh = "其中有的关切已经结束或不属于此儿童：{ids}。请刷新后再选。"
    en = "Some of these are ended already or not of this child: {ids}. Reload and choose again."


class AssigneeUnsuited(DomainError):
    code = "escalation.assignee"
    status = 409
    fields = ("assigned_to",)
    zh = "此人没有办理该地区预警的权限，请另选一位工作人员。"
    en = "This person may not work on escalations of this area; choose another officer."
