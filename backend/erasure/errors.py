from backend.common.errors import DomainError


class StillOpen(DomainError):
    """Somebody may be in danger: nobody removes the only file that says so."""

    code = "erasure.open"
    status = 409
    fields = ("child",)
    zh = "这个孩子还有未办结的预警、关切、个案、转介或走失记录，请先办结，再删除档案。"
    en = "The child has an open escalation, concern, case, referral or missing record. End it first, then erase the file."


class NotYetErased(DomainError):
    code = "erasure.held"
    status = 503
    zh = "删除已登记，服务器稍后会自动完成。请几分钟后核对。"
    en = "The erasure is recorded and the server will finish it by itself. Check in a few minutes."
