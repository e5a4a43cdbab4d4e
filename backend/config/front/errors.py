"""What the front answers by itself, before or instead of Django."""

from backend.common import errors
from backend.common.errors import DomainError


class Crowded(DomainError):
    """All threads of the lane are taken and enough requests wait; `seconds` becomes Retry-After."""

    code = "server.crowded"
    status = 503
    zh = "服务器正忙，请 {seconds} 秒后再试。您的请求没有被处理。"
    en = "The server is busy; try again in {seconds} seconds. Your request was not carried out."


class BodySlow(DomainError):
    code = "body.slow"
    status = 408
    fields = ("body",)
    zh = "请求内容传送得太慢，已停止接收，没有任何内容被处理。请在信号更好时重新发送。"
    en = "The body came too slowly and nothing of it was used. Send it again on a better line."


class BodyCut(DomainError):
    code = "body.cut"
    status = 400
    fields = ("body",)
    zh = "请求内容没有传完，没有任何内容被处理。请重新完整发送。"
    en = "The body ended before it was whole and nothing of it was used. Send all of it again."


class BodyTooLarge(errors.BodyTooLarge):
    """`limit` is in bytes."""

    fields = ("body",)
    zh = "此处最多接收 {limit} 字节的内容，没有任何内容被处理。请分批发送。"
    en = "A body here is at most {limit} bytes and nothing of it was used. Send it in parts."
