"""What a caller of this app may expect to go wrong."""

from typing import Any, ClassVar

from django.utils.translation import get_language


class FormError(Exception):
    """`code` never changes, `fields` name the input, the messages say what to do.

    The shape of the project's other errors, which this package cannot import; `as_dict` is in the
    language of the request. An argument names what it is about, for whoever reads a log.
    """

    code: ClassVar[str] = "form.error"
    status: ClassVar[int] = 400
    fields: ClassVar[tuple[str, ...]] = ()
    zh: ClassVar[str] = "表单请求无法处理。"
    en: ClassVar[str] = "The request about forms cannot be processed."

    def __str__(self) -> str:
        about = f" ({self.args[0]})" if self.args else ""
        return f"{self.code}: {self.zh} {self.en}{about}"

    def as_dict(self) -> dict[str, Any]:
        message = self.en if (get_language() or "").startswith("en") else self.zh
        return {"code": self.code, "fields": list(self.fields), "message": message}


class PublishedFormChanged(FormError):
    code = "form.published"
    status = 409
    fields = ("version",)
    zh = "已发布的表单版本不能更改。请提高版本号后再发布。"
    en = "A published form version cannot change. Raise its version and publish again."


class FormUnknown(FormError):
    code = "form.unknown"
    status = 404
    fields = ("form", "version")
    zh = "没有这个表单或这个版本。请从 /api/v1/forms/ 中选择。"
    en = "There is no such form or version. Choose one from /api/v1/forms/."
