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
    zh = "这个值不能填写在这一项。日期请写成 年-月-日，性别等请用代码；与现有内容相同的不必更正。"
    en = "This value does not fit the fact. Write a date as YYYY-MM-DD and a coded fact by its code; the same value is no correction."


class CopyGone(DomainError):
    code = "rights.copy_gone"
    status = 409
    fields = ("request",)
    zh = "副本尚未生成或已过保存期。如仍需要，请重新登记申请。"
    en = (
        "The copy is not made yet or its time has passed. File a new request if it is still wanted."
    )
