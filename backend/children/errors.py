from backend.common.errors import DomainError, NotFound


class NoConflict(NotFound):
    """Nobody disagrees about it, or somebody has settled it already."""

    fields = ("register",)
    zh = "此项没有待解决的分歧,可能已由他人处理。请刷新。"
    en = "There is no open conflict here; somebody may have settled it. Reload the list."


class ValuesChanged(DomainError):
    """Settling what one has not seen would hide it."""

    code = "conflict.stale"
    status = 409
    fields = ("saw",)
    zh = "其间又有新的填写,请刷新后查看全部内容再决定。"
    en = "Another value has come meanwhile. Reload, look at all of them, and decide then."


class ValueUnusable(DomainError):
    code = "conflict.value"
    fields = ("value",)
    zh = "此内容不能用于该项。请从已有填写中选择,或填写同类内容。"
    en = "This cannot be the value. Choose one of those written, or give one of the same kind."


class LevelUnknown(DomainError):
    code = "risk_level.unknown"
    fields = ("level",)
    zh = "没有这个风险等级。可选：{possible}。"
    en = "There is no such risk level. Possible: {possible}."


class RatingReasonMissing(DomainError):
    """A level without a reason tells the next reader nothing."""

    code = "risk_level.reason"
    fields = ("reason",)
    zh = "请写明为什么这样定级。理由存入档案。"
    en = "Write down why the child stands at this level. The reason is kept on file."
