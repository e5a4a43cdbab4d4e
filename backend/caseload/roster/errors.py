from backend.common.errors import DomainError


class ImporterUnclear(DomainError):
    code = "roster.importer_unclear"
    fields = ("as",)
    zh = "该区划有 {count} 位管理员。请用 --as 写明由谁导入。"
    en = "The division has {count} administrators. Say with --as who imports."


class FileUnreadable(DomainError):
    code = "roster.file_unreadable"
    fields = ("file",)
    zh = "文件无法读取。请在 Excel 中另存为 .xlsx 或 .csv 后再试（旧的 .xls 请先转换）。"
    en = "The file cannot be read. Save it as .xlsx or .csv in Excel and try again (convert an old .xls)."


class FileTooLarge(DomainError):
    code = "roster.file_too_large"
    fields = ("file",)
    zh = "文件太大（最多 10 MB、12000 行）。请按乡镇分成几个文件。"
    en = "The file is too large (at most 10 MB and 12,000 rows). Split it by township."


class DivisionNeeded(DomainError):
    code = "roster.division_needed"
    fields = ("division",)
    zh = "请写明导入到哪个县（6 位代码），或其中的乡镇、村。"
    en = "Say into which county (6 digits) to import, or into which township or village of it."
