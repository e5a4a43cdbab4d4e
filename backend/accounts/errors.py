from backend.common.errors import DomainError


class CodeNotUsable(DomainError):
    """Unknown, used or expired: the answer is the same, so that codes cannot be probed."""

    code = "enrolment.code"
    status = 403
    fields = ("code",)
    zh = "注册码无效、已使用或已过期。请向管理员索取新的注册码。"
    en = "The code is unknown, used or expired. Ask the administrator for a new one."


class DeviceKnown(DomainError):
    code = "enrolment.device"
    status = 409
    fields = ("device",)
    zh = "此设备已注册。重新安装应用后会得到新的设备编号。"
    en = "This device is enrolled already. A reinstalled app makes a new device id."


class LoginFailed(DomainError):
    code = "login.failed"
    status = 401
    fields = ("username", "password")
    zh = "用户名或密码不对。多次失败后账户会暂时锁定。"
    en = "User name or password is wrong. After several failures the account is locked for a while."


class LockedOut(DomainError):
    code = "login.locked"
    status = 429
    fields = ("username",)
    zh = "失败次数过多,账户已暂时锁定。请 15 分钟后再试或联系管理员。"
    en = (
        "Too many failures; the account is locked. Try again in 15 minutes or ask an administrator."
    )


class UsernameTaken(DomainError):
    code = "person.username"
    status = 409
    fields = ("username",)
    zh = "用户名“{username}”已被使用,请换一个。"
    en = "The user name “{username}” is taken; choose another."


class OutsideScope(DomainError):
    code = "role.scope"
    status = 403
    fields = ("prefixes",)
    zh = "不能授予您管辖范围以外的权限:{prefixes}。"
    en = "You cannot grant rights outside your own area: {prefixes}."
