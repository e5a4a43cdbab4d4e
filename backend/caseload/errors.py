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
