"""What whoever files, decides or fetches can be told. To the field every refusal reads alike."""

from backend.common.errors import DomainError


class NotProvided(DomainError):
    """One sentence for every reason: it must tell nobody that somebody is suspected."""

    code = "rights.not_provided"
    status = 409
    fields = ("request",)
    zh = (
        "经审核，本次不予提供副本。依据：《个人信息保护法》第四十五条及其所指的第十八条、第三十五条，"
        "或者申请条件尚未具备。申请人如有异议，请向县级民政部门提出。"
    )
    en = (
        "After review no copy is given this time, by article 45 of the Personal Information Protection Law and"
        " articles 18 and 35 that it names, or because a condition is not met yet. Whoever asked may turn to the"
        " county's civil affairs office."
    )


class Hindered(DomainError):
    """Told to a lead alone; `reasons` are labels of `copy_hindrance`."""

    code = "rights.hindered"
    status = 409
    fields = ("request",)
    zh = "不能批准：{reasons}。请选择“不予提供”；经办人和申请人看不到原因。"
    en = "This cannot be approved: {reasons}. Refuse it; neither who filed it nor who asked sees why."


class RequestClosed(DomainError):
    code = "rights.closed"
    status = 409
    fields = ("request",)
    zh = "这项申请已经处理（{state}）。请刷新查看。"
    en = "This request has been dealt with ({state}). Reload to see it."


class RequestStands(DomainError):
    code = "rights.stands"
    status = 409
    zh = "这位监护人对这个孩子的申请正在处理，不必重复登记。"
    en = "A request of this guardian about this child is being dealt with. There is no need to file another."


class AnotherPerson(DomainError):
    """Who filed it, or somebody whose account hangs on theirs, decides nothing."""

    code = "rights.another_person"
    status = 403
    fields = ("request",)
    zh = "须由另一位负责人审批：不能是登记人，也不能是近30天内与登记人互相设立、授权或重置过账号的人。"
    en = (
        "Another lead has to decide: neither whoever filed it nor somebody who made, granted or reset the other's"
        " account in the last 30 days."
    )


class WordsMissing(DomainError):
    code = "rights.words"
    zh = "请写明情况：谁、何时、如何提出。"
    en = "Say who asked, when and how."


class ValueChanged(DomainError):
    code = "rights.value_changed"
    status = 409
    fields = ("correction",)
    zh = "登记申请之后，这一项已被更改。请核对现在的内容，再请申请人重新提出或不予更正。"
    en = "The fact was changed since this was filed. Compare what it says now; file the wish anew or refuse it."


class ValueUnusable(DomainError):
    code = "rights.value"
    fields = ("wished",)
    zh = (
        "这一项不能这样填写：不能留空；日期写成“年-月-日”，且不晚于今天；性别等只能从所列选项中选。"
    )
    en = (
        "This is no value of the fact: it may not be empty, a date is written YYYY-MM-DD and lies not after"
        " today, and a coded fact takes one of its codes."
    )


class ValueSame(DomainError):
    code = "rights.value_same"
    fields = ("wished",)
    zh = "档案里已经是这个内容，不需要更正。"
    en = "The record says this already: there is nothing to correct."


class GroundMissing(DomainError):
    code = "rights.ground"
    fields = ("ground",)
    zh = "请写明哪里不对、依据哪份材料。"
    en = "Say what is wrong, and by which paper."


class ReasonMissing(DomainError):
    """Personal Information Protection Law 50: a refusal is reasoned."""

    code = "rights.reason"
    fields = ("reason",)
    zh = "请写明不予更正的理由：要告知申请人。"
    en = "Say why it is not corrected: whoever asked is told."


class FiledByYou(DomainError):
    code = "rights.filed_by_you"
    status = 403
    fields = ("correction",)
    zh = "须由登记人以外的工作人员核实。您可以撤回自己登记的申请。"
    en = "Somebody else than whoever filed it has to look into it. You may withdraw what you filed."


class WishStands(DomainError):
    code = "rights.wish_stands"
    status = 409
    fields = ("fact",)
    zh = "这位监护人对这一项的更正申请正在处理，不必重复登记。"
    en = "A wish of this guardian for this fact is being dealt with. There is no need to file another."


class CopyGone(DomainError):
    code = "rights.copy_gone"
    status = 409
    fields = ("request",)
    zh = "副本尚未生成或已过保存期。如仍需要，请重新登记申请。"
    en = (
        "The copy is not made yet or its time has passed. File a new request if it is still wanted."
    )
