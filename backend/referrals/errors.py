"""What the office and the organisations can be told when a step is not possible."""

from backend.common import errors as common
from backend.common.errors import DomainError, Stale


class ReferralStale(Stale):
    """Names who was quicker and when, because that is whom one has to talk to."""

    zh = "{who}已于 {when} 更改此记录（现为第 {revision} 版）。请刷新后再试。"
    en = "{who} changed this record at {when} (now revision {revision}). Reload it and try again."


class StepRefused(common.StepRefused):
    code = "referral.transition"


class StepIncomplete(DomainError):
    code = "referral.incomplete"
    zh = "请填写：{missing}。"
    en = "Please give: {missing}."


class DateWrong(DomainError):
    code = "referral.date"
    fields = ("due_on",)
    zh = "办理期限不能早于今天。请另选日期。"
    en = "The due date lies in the past. Choose another."


class AsOfAhead(DomainError):
    code = "organisation.as_of"
    fields = ("as_of",)
    zh = "核实日期不能晚于今天。"
    en = "The day as of which it is confirmed cannot lie after today."


class OrganisationUnsuited(DomainError):
    code = "referral.organisation"
    status = 409
    fields = ("organisation",)
    zh = "该机构不在本地服务目录中或已停用，请另选一个机构。"
    en = "This organisation does not serve the child's area or is closed; choose another."


class ContractRequired(DomainError):
    code = "referral.contract"
    zh = "政府购买服务须填写合同编号和金额（元）。"
    en = "A purchased service needs its contract number and the amount in yuan."


class PreviewChanged(DomainError):
    """What would be sent is not what was looked at: the file has changed since."""

    code = "referral.preview"
    status = 409
    fields = ("digest",)
    zh = "孩子的信息在预览后有变化，尚未发出。请重新查看预览后再发。"
    en = "The child's file has changed since the preview; nothing was sent. Look at it again, then send."


class ReasonRequired(DomainError):
    code = "referral.reason"
    status = 403
    fields = ("reason",)
    zh = "此转介已密封，打开须写明理由，并会留下记录。"
    en = "This referral is sealed. Opening it needs a reason, which is kept on record."


class MissingAlready(DomainError):
    code = "missing.open_already"
    status = 409
    fields = ("child",)
    zh = "这个孩子已有一条未结束的走失记录，请在该记录中办理。"
    en = "This child has an open missing record already; go on there."


class PhotoUnsuited(DomainError):
    code = "missing.photo"
    status = 409
    fields = ("photo",)
    zh = "这张照片不在孩子的档案中、尚未收到或已密封，请另选一张。"
    en = "This photograph is not in the child's file, has not come or is sealed; choose another."


class NoticeNotShown(DomainError):
    """Nobody prints what was not confirmed, nor what has to be taken down."""

    code = "missing.notice"
    status = 409
    zh = "寻人启事须先经科室负责人批准；孩子找到后不再显示，请撤下已张贴的启事。"
    en = "A county lead has to approve the notice first. Once the child is found it is no longer shown: take down what was put up."


class OrganisationKnown(DomainError):
    code = "organisation.known"
    status = 409
    fields = ("name",)
    zh = "该区划下已有同名机构。请更改原有条目或换一个名称。"
    en = "There is an organisation of this name in the division. Change that entry, or choose another name."


class NotAPartner(DomainError):
    code = "organisation.person"
    status = 409
    fields = ("people",)
    zh = "只能加入在您区划内具有“社会组织工作人员”角色的账号。请先授予角色。"
    en = "Only accounts of your area with the role of partner worker can belong to an organisation. Grant the role first."
