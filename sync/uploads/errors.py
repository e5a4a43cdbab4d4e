"""What can go wrong with an upload. Statuses are those of tus 1.0."""

from sync.errors import SyncError


class VersionUnknown(SyncError):
    status_code = 412
    default_code = "upload.version"
    zh = "请求缺少 Tus-Resumable: 1.0.0。请使用支持 tus 1.0 的客户端。"
    en = "Tus-Resumable: 1.0.0 is missing. Use a client that speaks tus 1.0."


class HeaderUnusable(SyncError):
    status_code = 400
    default_code = "upload.header"
    zh = "请求头 {name} 缺失或无法读取。"
    en = "The header {name} is missing or cannot be read."


class NotDeclared(SyncError):
    status_code = 403
    default_code = "upload.not_declared"
    zh = "没有记录声明过这个文件。请先同步声明它的记录,再上传。"
    en = "No record declares this file. Sync the record that does, then upload."


class LengthDiffers(SyncError):
    status_code = 400
    default_code = "upload.length"
    zh = "文件大小与声明的 {declared} 字节不符。"
    en = "The length is not the {declared} bytes that were declared."


class TooLarge(SyncError):
    status_code = 413
    default_code = "upload.too_large"
    zh = "附件最大 {limit} 字节。请压缩后再上传。"
    en = "An attachment is at most {limit} bytes. Make it smaller and send it again."


class Erased(SyncError):
    status_code = 410
    default_code = "upload.erased"
    zh = "这份档案已依法删除,附件不再接收。请删除手机上的副本。"
    en = "The file was erased by law and takes nothing any more. Delete the copy on the phone."


class Refused(SyncError):
    status_code = 403
    default_code = "device.refused"
    zh = "此设备不能再读取档案({why})。请联系管理员。"
    en = "This device may not read files any more ({why}). Ask an administrator."


class NotHere(SyncError):
    status_code = 404
    default_code = "attachment.not_here"
    zh = "没有这个附件,或者它的内容还没有收到。"
    en = "There is no such attachment, or its contents have not come yet."


class NoUpload(SyncError):
    status_code = 404
    default_code = "upload.unknown"
    zh = "没有这次上传,或已过期。请重新开始上传。"
    en = "There is no such upload, or it has expired. Start it again."


class OffsetDiffers(SyncError):
    status_code = 409
    default_code = "upload.offset"
    zh = "服务器已有 {offset} 字节。请从那里继续。"
    en = "The server has {offset} bytes. Go on from there."


class ContentTypeUnusable(SyncError):
    status_code = 415
    default_code = "upload.content_type"
    zh = "Content-Type 须为 application/offset+octet-stream。"
    en = "The Content-Type has to be application/offset+octet-stream."


class Locked(SyncError):
    status_code = 423
    default_code = "upload.locked"
    zh = "同一文件正由另一个请求上传。请稍后再试。"
    en = "Another request is writing this upload. Try again in a moment."


class Busy(SyncError):
    """503 and not 429, at which tus-js-client gives up. `wait` becomes `Retry-After`, in seconds."""

    status_code = 503
    default_code = "upload.busy"
    zh = "正在上传的文件太多,请 {seconds} 秒后再试;手机上的内容都还在。"
    en = "Too many files are coming; try again in {seconds} seconds. Everything stays on the phone."

    def __init__(self, *, seconds: int) -> None:
        super().__init__(seconds=seconds)
        self.wait = seconds


class NoRoom(SyncError):
    """503 like `Busy`: what has come stays, and the phone goes on from there when there is room again."""

    status_code = 503
    default_code = "upload.storage"
    zh = "服务器暂时无法存储文件,已收到的部分都在。请 {seconds} 秒后从断点继续;手机上的内容不要删除。"
    en = (
        "The server cannot store files just now; what has come is kept. Go on from there in"
        " {seconds} seconds, and keep what is on the phone."
    )

    def __init__(self, *, seconds: int = 60) -> None:
        super().__init__(seconds=seconds)
        self.wait = seconds


class ChecksumDiffers(SyncError):
    status_code = 460
    default_code = "upload.checksum"
    zh = "这一段在传输中损坏,已丢弃。请重发这一段。"
    en = "This chunk was damaged on its way and is dropped. Send it again."


class HashDiffers(SyncError):
    status_code = 422
    default_code = "upload.hash"
    zh = "整个文件的哈希与声明不符,已丢弃。请从头上传。"
    en = "The whole file does not have the declared hash and is dropped. Upload it from the start."
