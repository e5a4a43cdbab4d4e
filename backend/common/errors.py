"""Every error a caller may expect is a class with a stable code, named fields and one message."""

from typing import Any, ClassVar

from .language import language


class DomainError(Exception):
    """An error with an answer: `code` never changes, `fields` name the input, the message says what to do.

    Subclasses give `code`, `status` and the message in both languages; `{name}` in a message is
    filled from `context`. `details` is JSON for a program: which row, which rule. `retry_after` is in
    seconds, where waiting helps. Rendered by `common.api.problem_response`.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400
    fields: tuple[str, ...] = ()
    zh: ClassVar[str] = "请求无法处理。"
    en: ClassVar[str] = "The request cannot be processed."

    def __init__(
        self, *, fields: tuple[str, ...] | None = None, details: Any = None,
        retry_after: int | None = None, **context: Any,
    ) -> None:  # fmt: skip
        if fields is not None:
            self.fields = fields
        self.details = details
        self.retry_after = retry_after
        self.context = context
        super().__init__(self.code)

    @property
    def message(self) -> str:
        text = self.en if language() == "en" else self.zh
        return text.format(**self.context)

    @property
    def headers(self) -> dict[str, str]:
        """What goes with the answer."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}

    def as_dict(self) -> dict[str, Any]:
        problem = {"code": self.code, "fields": list(self.fields), "message": self.message}
        return problem if self.details is None else problem | {"details": self.details}


class NotFound(DomainError):
    """Also the answer for what is out of the caller's scope: existence is not confirmed."""

    code = "not_found"
    status = 404
    zh = "没有找到，或者不在您的管辖范围内。请核对编号。"
    en = "Not found, or outside your area. Check the identifier."


class NotAllowed(DomainError):
    code = "not_allowed"
    status = 403
    zh = "您的角色不能进行此操作。请联系管理员。"
    en = "Your role does not allow this. Ask an administrator."


class Stale(DomainError):
    code = "stale"
    status = 409
    fields = ("revision",)
    zh = "记录已被他人更改（现为第 {revision} 版）。请刷新后再试。"
    en = "Somebody changed the record (now revision {revision}). Reload it and try again."


class StepRefused(DomainError):
    """The step is not possible from where the record is; the sentence lists those that are."""

    code = "transition"
    status = 409
    fields = ("step",)
    zh = "{sentence_zh}"
    en = "{sentence_en}"


class StepWaits(DomainError):
    """Stored, but the server could not apply it yet; it retries by itself."""

    code = "server.retry"
    status = 503
    zh = "已保存，但服务器暂时未能处理，会自动重试。请稍后刷新查看。"
    en = "Stored, but the server could not apply it yet. It retries by itself; reload in a while."


class BodyUnreadable(DomainError):
    code = "parse_error"
    zh = "请求内容无法解析:{detail}。请按接口说明以 JSON 格式发送。"
    en = "The body cannot be read: {detail}. Send JSON as the schema says."


class RequestUnusable(DomainError):
    """What Django itself refuses before a view sees it."""

    code = "request.unusable"
    zh = "请求无法处理。请核对地址、请求头和内容。"
    en = "The request cannot be processed. Check its address, headers and body."


class BodyTooLarge(DomainError):
    code = "body.too_large"
    status = 413
    zh = "请求内容过大。请分几次发送。"
    en = "The body is too large. Send it in parts."


class ParameterUnknown(DomainError):
    code = "parameter.unknown"
    zh = "地址中的参数无法识别：{names}。请核对；可用的参数：{known}。"
    en = "Unknown in the address: {names}. What can be given: {known}."


class DateUnusable(DomainError):
    code = "date.range"
    zh = "日期必须在 1900 年至 2199 年之间。请核对年份。"
    en = "A date lies between the years 1900 and 2199. Check the year."


class ServerFault(DomainError):
    code = "server.fault"
    status = 500
    zh = "服务器出现故障，已记录。请稍后再试；若仍不行，请告知管理员。"
    en = "The server failed, and has noted it. Try again later, and tell an administrator if it goes on."
