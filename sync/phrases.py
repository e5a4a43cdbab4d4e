"""The one sentence a person reads beside a code, in Chinese and English."""

Phrase = tuple[str, str]

UNREADABLE_LINE: Phrase = (
    "这一行无法读取,已原样保存,管理员会处理。",
    "This line cannot be read. It is kept as it came; an administrator will look at it.",
)
SEALED_KEY_UNKNOWN: Phrase = (
    "密封内容所用的密钥服务器没有,已原样保存,由管理员处理。",
    "It is sealed to a key that this server does not have. It is kept for an administrator.",
)
SEALED_UNREADABLE: Phrase = (
    "密封内容无法打开,已原样保存,管理员会处理。",
    "What is sealed cannot be opened. It is kept as it came; an administrator will look at it.",
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
TARGET_ABSENT: Phrase = (
    "它所依赖的记录一直没有到达,已保存,由管理员复核。",
    "The record it depends on has not come. It is kept for an administrator to review.",
)
REFERENCE_UNKNOWN: Phrase = (
    "所指的记录不存在或不在您的范围内,记录已保存,未与其关联。",
    "The record that is named is not there, or not yours. This one is kept without the link.",
)
SET_ASIDE: Phrase = (
    "管理员看过后决定不采用,内容仍然保存。",
    "An administrator has looked at this and set it aside. The contents are kept.",
)
SERVER_RETRY: Phrase = (
    "服务器暂时未能处理,会自动重试,无需再发。",
    "The server could not process this yet and will retry by itself. No need to send it again.",
)
PERSON_NOT_ENROLLED: Phrase = (
    "这个人没有登记在此设备上,内容已保存,由管理员复核。",
    "This person is not enrolled on this device. The contents are kept for an administrator to review.",
)
DEVICE_REVOKED: Phrase = (
    "此设备已停用,内容已保存,由管理员复核。",
    "This device is revoked. The contents are kept for an administrator to review.",
)

# What a receipt that is given again says; codes of record types are told with their own words once.
BY_CODE: dict[str, Phrase] = {
    "line.unreadable": UNREADABLE_LINE,
    "sealed.key_unknown": SEALED_KEY_UNKNOWN,
    "sealed.unreadable": SEALED_UNREADABLE,
    "kind.unknown": KIND_UNKNOWN,
    "kind.office_only": OFFICE_ONLY,
    "data.malformed": DATA_MALFORMED,
    "target.taken": TARGET_TAKEN,
    "target.unknown": WAITING,
    "target.absent": TARGET_ABSENT,
    "operation.set_aside": SET_ASIDE,
    "group.incomplete": WAITING,
    "op.taken": OP_TAKEN,
    "file.erased": FILE_ERASED,
    "server.retry": SERVER_RETRY,
    "person.not_enrolled": PERSON_NOT_ENROLLED,
    "device.revoked": DEVICE_REVOKED,
}
