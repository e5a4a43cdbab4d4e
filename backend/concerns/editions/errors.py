"""What can be wrong with a step on an edition of rules."""

from backend.common.errors import DomainError


class RulesFaulty(DomainError):
    """`details` holds every fault: the rule, the branch and what to do."""

    code = "rules.faulty"
    fields = ("content",)
    zh = "规则内容有 {count} 处问题，请按 details 逐条修改。第一处：{first}"
    en = "The rules have {count} faults; mend each that details lists. The first: {first}"


class StepElsewhere(DomainError):
    """The edition is not where the step begins, or somebody was quicker."""

    code = "rules.step"
    status = 409
    fields = ("status",)
    zh = "此规则现为“{status_zh}”，不能进行这一步。请刷新后再看。"
    en = "These rules are now “{status_en}”; this step is not possible. Reload and look again."


class NotRehearsed(DomainError):
    code = "rules.not_rehearsed"
    status = 409
    fields = ("rehearsal",)
    zh = "此内容（{sha256}）尚未与现行规则对照试运行完毕。请先试运行，再批准。"
    en = "This content ({sha256}) has no finished rehearsal against the rules in force. Rehearse it first."


class NotYours(DomainError):
    """Says who may. Names of administrators above are no secret to an administrator."""

    code = "rules.not_yours"
    status = 403
    zh = "这一步须由管辖范围覆盖该地区的管理员进行，批准人不能是起草人。可以进行的人：{who_zh}。"
    en = (
        "This takes an administrator whose area covers the division, and for an approval another"
        " person than the author. Who may: {who_en}."
    )


class RulesInForce(DomainError):
    code = "rules.in_force"
    status = 409
    fields = ("status",)
    zh = "现行的全国规则不能直接停用。请发布下一版，它会自动取代这一版。"
    en = "The national rules in force cannot be retired. Publish the next ones; they take their place."


class RehearsalNeedless(DomainError):
    code = "rules.rehearsal"
    status = 409
    fields = ("since",)
    zh = "只有草案可以试运行，开始日期不能晚于今天。"
    en = "Only a draft is rehearsed, and since a day that is not after today."
