"""What whoever makes or opens a dossier can be told."""

from backend.common.errors import DomainError


class PurposeRequired(DomainError):
    code = "dossier.purpose"
    fields = ("purpose",)
    zh = "请写明制作卷宗的用途（例如提交哪个法院、哪个案件）。"
    en = "Say what the dossier is for, such as which court and which matter."


class PurposeTooLong(DomainError):
    code = "dossier.purpose_long"
    fields = ("purpose",)
    zh = "用途不得超过 {limit} 个字。"
    en = "The purpose has {limit} characters at most."


class ReasonRequired(DomainError):
    code = "dossier.reason"
    status = 403
    fields = ("reason",)
    zh = "此卷宗含密封内容，打开须写明理由，并会留下记录。"
    en = "This dossier holds what is sealed. Opening it needs a reason, which is kept on record."


class NotStored(DomainError):
    """The record is there and the bytes are not: a storage that was lost or damaged."""

    code = "dossier.not_stored"
    status = 409
    fields = ("dossier",)
    zh = "卷宗文件已不在存储中。请重新制作一份。"
    en = "The file is no longer in the storage. Make the dossier again."


class DossierWaits(DomainError):
    code = "dossier.waits"
    status = 503
    zh = "服务器暂时未能登记卷宗，请稍后重新制作。"
    en = "The server could not record the dossier just now. Make it again in a while."
