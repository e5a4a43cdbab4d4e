"""The one sentence a person reads beside a code, in Chinese and English."""

Phrase = tuple[str, str]

UNREADABLE_LINE: Phrase = (
    "这一行无法读取,已原样保存,管理员会处理。",
    "This line cannot be read. It is kept as it came; an administrator will look at it.",
)
KIND_UNKNOWN: Phrase = (
    "服务器还不认识这种记录,已保存,升级后会处理。",
    "The server does not know this kind of record yet. It is kept for after an upgrade.",
)
OFFICE_ONLY: Phrase = (
    "这种记录只能由机关在线修改,已保存待查。",
    "This kind of record is only changed online by the office. It is kept for review.",
)
DATA_MALFORMED: Phrase = (
    "内容格式不对,已保存,管理员会修复。",
    "The contents are not of the expected shape. They are kept for an administrator to repair.",
)
TARGET_TAKEN: Phrase = (
    "这个编号已属于另一条记录,已保存待查。",
    "This id already belongs to another record. The operation is kept for review.",
)
OP_TAKEN: Phrase = (
    "同一编号先前收到过不同的内容,已保存待查。",
    "Other contents came before under the same id. These are kept for review.",
)
FILE_ERASED: Phrase = (
    "这份档案已依法删除,内容已封存。",
    "This file was erased by law. The contents are kept sealed.",
)
WAITING: Phrase = (
    "正在等待它所依赖的记录,到达后自动处理。",
    "Waiting for a record it depends on; it will be applied when that arrives.",
)
SERVER_RETRY: Phrase = (
    "服务器暂时未能处理,会自动重试,无需再发。",
    "The server could not process this yet and will retry by itself. No need to send it again.",
)
DEVICE_REVOKED: Phrase = (
    "此设备已停用,内容已保存,由管理员复核。",
    "This device is revoked. The contents are kept for an administrator to review.",
)
