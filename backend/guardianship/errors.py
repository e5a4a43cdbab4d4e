"""What the office can be told when a step of a case is not possible."""

from backend.common import errors as common
from backend.common.errors import DomainError, Stale


class CaseStale(Stale):
    """Names who was quicker and when, because that is whom one has to talk to."""

    zh = "{who}已于 {when} 更改此个案（现为第 {revision} 版）。请刷新后再试。"
    en = "{who} changed this case at {when} (now revision {revision}). Reload it and try again."


class StepRefused(common.StepRefused):
    code = "case.transition"


class CaseIncomplete(DomainError):
    """Something that the step needs was not given or cannot be read."""

    code = "case.incomplete"
    zh = "请填写或更正：{missing}。"
    en = "Please give or correct: {missing}."


class ReasonRequired(DomainError):
    code = "case.reason"
    status = 403
    fields = ("reason",)
    zh = "此个案已密封，打开须写明理由，并会留下记录。"
    en = "This case is sealed. Opening it needs a reason, which is kept on record."


class CaseOpenAlready(DomainError):
    code = "case.open_already"
    status = 409
    fields = ("child",)
    zh = "这个孩子已有一个未结的个案，请在该个案中办理。"
    en = "This child has an open case already; go on there."


class AssessmentMissing(DomainError):
    code = "case.assessment"
    status = 409
    fields = ("step",)
    zh = "此步骤前须先完成：{missing}（自本次评估开始之后）。请在个案页填写评估表。"
    en = "Before this step has to be recorded: {missing}, since this assessment began. Fill in the form on the case's page."


class GroundUnmet(DomainError):
    code = "case.ground"
    status = 409
    fields = ("revocation_grounds",)
    zh = "“{ground}”尚不具备条件：{lacking}。请先登记，或选择其他情形。"
    en = "“{ground}” is not met yet: {lacking}. Record it first, or choose another ground."


class RestorationRefused(DomainError):
    code = "case.restoration"
    status = 409
    fields = ("step",)
    zh = "{sentence_zh}"
    en = "{sentence_en}"


class TimeWrong(DomainError):
    code = "case.time"
    zh = "{sentence_zh}"
    en = "{sentence_en}"


class OrderRunning(DomainError):
    code = "protection_order.running"
    status = 409
    fields = ("step",)
    zh = "此个案有一份申请中或有效的人身安全保护令；请先登记其结果或失效。"
    en = "A protection order of this case is applied for or in force; record how it ended first."


class NothingProposed(DomainError):
    code = "case.nothing_proposed"
    status = 409
    fields = ("revision",)
    zh = "此个案没有待批准的步骤。请刷新。"
    en = "Nothing waits for approval in this case. Reload it."


class ProposalWaits(DomainError):
    code = "case.proposal_waits"
    status = 409
    fields = ("step",)
    zh = "已有一个步骤待负责人批准；请先由负责人批准或退回。"
    en = "A step waits for a lead already; she has to approve it or send it back first."


class OwnProposal(DomainError):
    code = "case.own_proposal"
    status = 403
    fields = ("revision",)
    zh = "提请人不能批准自己的提请；请由另一位科室负责人批准。"
    en = "Whoever put it forward cannot approve it; another lead of the county has to."


class WorkerUnsuited(DomainError):
    code = "case.worker"
    status = 409
    fields = ("worker",)
    zh = "此人没有办理该个案的权限，请另选一位工作人员。"
    en = "This person may not work on this case; choose another officer."


class FormUnknown(DomainError):
    code = "case.form"
    fields = ("form",)
    zh = "没有这份评估表或其版本，可选：{possible}。"
    en = "There is no such assessment form in this version; possible: {possible}."


class EscalationUnsuited(DomainError):
    code = "case.escalation"
    status = 409
    fields = ("escalation",)
    zh = "此预警已办结或不属于这个孩子，不能由此立案。请刷新后再选。"
    en = "This escalation has ended or is not of this child; reload and choose again."


class LimitUnknown(DomainError):
    code = "case.limit"
    zh = "可以设置的期限是：{names}，且须为正整数。"
    en = "The limits that can be set are: {names}; each a whole number above zero."
