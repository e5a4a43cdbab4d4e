from backend.common.errors import DomainError


class NotABackup(DomainError):
    code = "backup.none"
    zh = "{folder} 不是完整的备份（{detail}）。请换用另一份备份。"
    en = "{folder} is no whole backup ({detail}). Use another one."


class FolderNotEmpty(DomainError):
    code = "backup.folder"
    zh = "{folder} 已有内容。每份备份请使用一个新文件夹。"
    en = "{folder} is not empty. Give each backup a folder of its own."


class BackupDamaged(DomainError):
    code = "backup.damaged"
    zh = "备份中的 {name} 已损坏或缺失，没有改动数据库。请换用另一份备份。"
    en = "{name} in the backup is damaged or missing; the database was not touched. Use another backup."


class OtherKeys(DomainError):
    code = "backup.keys"
    zh = "{key} 不是制作此备份时的密钥，恢复后将无法读取，没有改动数据库。请设置当时的密钥。"
    en = (
        "{key} is not the key of the time of this backup: nothing could be read afterwards. The"
        " database was not touched. Set the key of then."
    )


class NewerBackup(DomainError):
    code = "backup.newer"
    zh = "此备份由更新版本的程序制作（缺少迁移 {migration}）。请先升级程序再恢复。"
    en = "A newer version made this backup (migration {migration} is unknown). Upgrade first."


class NotEmpty(DomainError):
    code = "restore.not_empty"
    zh = "数据库 {database} 已有数据（{tables}）。确认要用备份替换全部内容时，请加 --force。"
    en = (
        "The database {database} has data in it ({tables}). To replace everything in it by the"
        " backup, say --force."
    )


class InUse(DomainError):
    code = "restore.in_use"
    zh = "还有 {count} 个程序连接着数据库。请先停止网页、任务和定时进程。"
    en = "{count} other programs are connected to the database. Stop web, worker and beat first."


class NoLedger(DomainError):
    code = "restore.no_ledger"
    zh = (
        "没有找到台账 {path}。缺少它，已挂失的手机会重新放行，已删除的档案会重新出现。请放回该文件；"
        "确实已丢失时，请加 --without-ledger。"
    )
    en = (
        "There is no ledger at {path}. Without it phones that were revoked since would be let in and"
        " files that were erased since would come back. Put it there; if it is lost for good, say"
        " --without-ledger."
    )


class OtherLedger(DomainError):
    code = "restore.other_ledger"
    zh = "台账 {path} 不是此备份所属系统的台账，或比备份更旧。请放回正确的文件。"
    en = (
        "The ledger at {path} is not the one of this backup, or it is older than the backup. Put the"
        " right one there."
    )


class UnknownDecision(DomainError):
    code = "ledger.unknown"
    status = 503
    zh = "台账第 {line} 行的决定（{kind}）本程序不认识。请使用写下它的版本或更新的版本。"
    en = "Line {line} of the ledger is a decision ({kind}) that this version does not know. Use a newer one."
