"""Errors that a caller of sync's endpoints may expect, each with one sentence in both languages."""

from typing import Any, ClassVar

from django.utils.translation import get_language
from rest_framework.exceptions import APIException


class SyncError(APIException):
    """`default_code` never changes; `{name}` in a sentence is filled from the keywords.

    `fields` name the members or headers that are concerned.
    """

    zh: ClassVar[str] = ""
    en: ClassVar[str] = ""
    fields: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **context: Any) -> None:
        english = (get_language() or "").startswith("en")
        super().__init__((self.en if english else self.zh).format(**context))


class Unusable(SyncError):
    """The body as a whole cannot be taken, whole or in parts; `body` is kept by its hash, if there is any."""

    status_code = 400
    default_code = "sync.unusable"
    zh = "无法读取:{detail}。收到的内容已原样保存,由管理员处理;手机上的内容请保留。"
    en = "It cannot be read: {detail}. What came is kept for an administrator; keep what is on the phone."

    def __init__(self, *, detail: str, body: bytes = b"") -> None:
        super().__init__(detail=detail)
        self.body = body


class Cut(SyncError):
    """The body ended before it was whole: nobody has to look at it."""

    status_code = 400
    default_code = "sync.cut"
    fields = ("body",)
    zh = "内容在传输中被截断,没有收下任何内容。请原样再发一次。"
    en = "The body was cut on its way; nothing of it was taken. Send it again as it is."


class TooMany(SyncError):
    status_code = 413
    default_code = "sync.too_large"
    fields = ("operations",)
    zh = "一次最多发送 {limit} 条操作。请分批发送。"
    en = "A push is at most {limit} operations; send it in parts."


class TooLarge(SyncError):
    status_code = 413
    default_code = "sync.too_large"
    fields = ("body",)
    zh = "一次最多发送 {limit} 字节(解压后)。请分批发送。"
    en = "A push is at most {limit} bytes, unpacked; send it in parts."


class Busy(SyncError):
    """`wait` becomes `Retry-After`, in seconds."""

    status_code = 429
    default_code = "sync.busy"
    zh = "同步的设备太多,请 {seconds} 秒后再试;手机上的内容都还在。"
    en = "Too many devices are syncing; try again in {seconds} seconds. Everything stays on the phone."

    def __init__(self, *, seconds: int) -> None:
        super().__init__(seconds=seconds)
        self.wait = seconds
