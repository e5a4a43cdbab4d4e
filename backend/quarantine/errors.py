"""What may go wrong in the queue of what waits for a person."""

from backend.common.errors import DomainError


class ReasonNeeded(DomainError):
    code = "quarantine.reason"
    fields = ("reason",)
    zh = "查看内容或作出处理前,请写明理由。"
    en = "Say why before you open the contents or decide."


class ContentsSealed(DomainError):
    """Told to somebody who may know that there is an operation and not what it says."""

    code = "quarantine.sealed"
    status = 403
    zh = "内容属于密封事项,只有指定的科室负责人可以查看和修复。"
    en = "The contents are sealed: only the county's named leads may open and repair them."


class NotPossible(DomainError):
    """The decision was not taken. Its code and sentence become those of the refusal."""

    code = "quarantine.refused"
    status = 409
    zh = "{sentence_zh}"
    en = "{sentence_en}"

    def __init__(self, *, code: str, fields: tuple[str, ...], zh: str, en: str) -> None:
        super().__init__(fields=fields, sentence_zh=zh, sentence_en=en)
        self.code = code  # type: ignore[misc]


class NoJson(DomainError):
    """Said by the page: the API gets JSON or nothing."""

    code = "quarantine.no_json"
    fields = ("data",)
    zh = "这不是可用的 JSON 对象，请核对括号和引号。"
    en = "This is no usable JSON object; check the brackets and quotes."


class NotForThis(DomainError):
    code = "quarantine.no_operation"
    status = 409
    fields = ("item",)
    zh = "这不是一条操作,只能在查明后结束。"
    en = "This is no operation: it can only be ended, once you know what it is."
