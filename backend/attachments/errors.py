from backend.common.errors import DomainError


class ReasonRequired(DomainError):
    """What is sealed, an original and what a camera wrote are opened with a reason only."""

    code = "attachment.reason"
    status = 403
    fields = ("reason",)
    zh = "打开此附件须写明理由,并会留下记录。"
    en = "Opening this attachment needs a reason, which is kept on record."


class NotPending(DomainError):
    code = "attachment.not_pending"
    status = 409
    fields = ("status",)
    zh = "只有尚未收到的附件才能登记为遗失。请刷新后再看。"
    en = "Only an attachment that has not come can be closed as lost. Reload the page."
