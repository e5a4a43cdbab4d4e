from backend.common.errors import DomainError


class SettingUnknown(DomainError):
    code = "plan.setting"
    zh = "走访计划的设置无效。可设置的项目为：{names}；数值须为不小于 1 的整数。"
    en = "Not a setting of the visit plan. These can be set, to whole numbers from 1: {names}."


class NotASupervisor(DomainError):
    """Somebody out of the actor's area gets the same answer: who works there is not confirmed."""

    code = "assignment.supervisor"
    fields = ("to",)
    zh = "此人在您的辖区内不是儿童主任。请先授予角色,或选择其他人。"
    en = "This person is no village supervisor in your area. Grant the role first, or choose another."


class TooManyChildren(DomainError):
    code = "assignment.too_many"
    fields = ("children",)
    zh = "一次最多分配 {limit} 名儿童(选中 {given} 名)。请按乡镇分批进行。"
    en = "At most {limit} children an order ({given} chosen). Do it township by township."


class NobodyChosen(DomainError):
    code = "assignment.nobody"
    fields = ("children",)
    zh = "没有选中任何儿童。请填写儿童编号或筛选条件。"
    en = "No child is chosen. Give ids of children or a filter."


class TransferTo(DomainError):
    code = "transfer.to"
    fields = ("to",)
    zh = "“{given}”不是其他县的区划。请填写接收县、乡镇或村的代码（6、9 或 12 位）。"
    en = "“{given}” is no division of another county. Give the receiving county, township or village."


class TransferRefused(DomainError):
    """Somebody was quicker: the offer is not what the actor saw, or no longer open."""

    code = "transfer.closed"
    status = 409
    fields = ("transfer",)
    # The receipt's own sentence, which is in the reader's language already.
    zh = "{sentence_zh}"
    en = "{sentence_en}"


class LoanReasonMissing(DomainError):
    code = "loan.reason"
    fields = ("reason",)
    zh = "请写明为什么要把这份档案放到您的手机上。"
    en = "Say why you need this file on your phone."


class OnPhoneAlready(DomainError):
    code = "loan.already"
    status = 409
    fields = ("child",)
    zh = "这份档案已经在您的手机上，或者下次同步就会到。请先同步手机。"
    en = "The file is on your phone already, or comes with the next sync. Sync your phone first."


class TooManyLoans(DomainError):
    code = "loan.too_many"
    status = 409
    fields = ("child",)
    zh = "您已借了 {limit} 份档案，不能再多。请先归还一份不再需要的。"
    en = "You have {limit} files on loan, which is the most. Give one back that you no longer need."


class NoPhoneForIt(DomainError):
    """Also where the child is kept from her: the answer does not say which of the two it is."""

    code = "loan.no_phone"
    status = 409
    fields = ("child",)
    zh = "没有可以放这份档案的手机。手机须只由有权查看该档案的人使用。请联系县级管理员。"
    en = (
        "You have no phone for this file: everybody who works on the phone must be allowed to read it."
        " Ask the county's administrator."
    )
