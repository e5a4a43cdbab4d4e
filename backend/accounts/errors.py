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


class OrderStands(DomainError):
    code = "device.order"
    status = 409
    fields = ("do",)
    zh = "这部设备已有同样的指令在等待执行。请等它执行,或先撤回。"
    en = "The same order is already waiting for this phone. Wait until it is done, or withdraw it."


class OrderDone(DomainError):
    code = "device.order_done"
    status = 409
    fields = ("order",)
    zh = "这条指令已执行或已撤回,不能再撤回。"
    en = "This order was carried out or withdrawn already; it cannot be withdrawn."


class LoginFailed(DomainError):
    code = "login.failed"
    status = 401
    fields = ("username", "password")
    zh = "用户名或密码不对。多次失败后须等待一段时间才能再试。"
    en = "User name or password is wrong. After several failures you have to wait before the next try."


class TooManyTries(DomainError):
    """`seconds` to wait; only where the failures came from."""

    code = "login.locked"
    status = 429
    zh = "失败次数过多。请 {seconds} 秒后再试;忘记密码请联系管理员。"
    en = "Too many failures. Try again in {seconds} seconds; who forgot the password asks an administrator."


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


class NobodysOwn(DomainError):
    """Four eyes: nobody widens, ends or resets what is her own."""

    code = "person.self"
    status = 403
    fields = ("person",)
    zh = "不能更改您自己的权限或账户状态,请由另一位管理员办理。"
    en = "You cannot change your own rights or account; ask another administrator."


class PersonKnown(DomainError):
    code = "person.known"
    status = 409
    fields = ("name", "phone")
    zh = "此姓名和电话的人员已经登记,请直接给她授权。"
    en = "Somebody with this name and phone is registered; grant the role to that person."


class PersonLeft(DomainError):
    code = "person.left"
    status = 409
    fields = ("person",)
    zh = "此人员已停用,请先重新登记。"
    en = "This person's account is closed; register the person anew."


class PasswordWeak(DomainError):
    code = "person.password"
    fields = ("password",)
    zh = "密码不符合要求:{reasons} 请换一个至少 10 位、不常见、不全是数字的密码。"
    en = "The password is too weak: {reasons} Choose at least 10 characters, not common, not only digits."


class RolesDatesOutOfOrder(DomainError):
    code = "role.dates"
    fields = ("ends_on",)
    zh = "结束日期早于开始日期,请核对。"
    en = "The last day lies before the first; check the dates."


class RoleEnded(DomainError):
    code = "role.ended"
    status = 409
    fields = ("role",)
    zh = "此角色已经结束。"
    en = "This role has ended already."


class RowsFaulty(DomainError):
    """`details` holds one entry per faulty row: `{row, errors: [{code, fields, message}]}`."""

    code = "people.rows"
    fields = ("rows",)
    zh = "{faulty} 行有误,一行都没有保存。请按 details 逐行改正后重新提交。"
    en = "{faulty} rows are faulty and nothing was stored. Correct the rows in details and send again."


class CodeWrong(DomainError):
    code = "login.code"
    status = 401
    fields = ("otp",)
    zh = "验证码不对、已用过或已过期。请输入验证器应用当前显示的 6 位数字,或一个未用过的备用码。"
    en = (
        "The code is wrong, used or over. Enter the six digits that your app shows now,"
        " or a recovery code that was not used."
    )


class PasskeyRefused(CodeWrong):
    code = "login.passkey"
    fields = ("passkey",)
    zh = "这个通行密钥不能使用。请再试一次,或改用验证器应用的验证码。"
    en = "This passkey cannot be used. Try again, or use a code of your app."


class SecondFactorNeeded(DomainError):
    """The password was right, or the token was made without the second step."""

    code = "second_factor_needed"
    status = 401
    fields = ("otp",)
    zh = "此账户须经第二步验证。请连同 otp(验证器应用的 6 位数字或备用码)一起登录。"
    en = (
        "This account needs its second step. Log in with `otp`, the six digits of your app or a"
        " recovery code."
    )


class SecondFactorUnset(DomainError):
    code = "second_factor_unset"
    status = 403
    zh = "您的角色必须启用第二步验证,宽限期已过。请在网页登录,按提示完成设置。"
    en = (
        "Your role needs a second step and the time to set it up is over. Log in on the office's"
        " pages and set it up there."
    )


class SetUpNotBegun(DomainError):
    code = "second_factor.begin"
    status = 409
    zh = "没有正在进行的设置。请从“开始设置”重新开始。"
    en = "No set-up is under way. Begin it again."


class ReasonMissing(DomainError):
    code = "confirmation.reason"
    fields = ("reason",)
    zh = "此事须经第二人确认。请写明理由，供确认人判断。"
    en = "A second person has to confirm this. Give the reason, so that the other can judge it."


class ConfirmationStands(DomainError):
    code = "confirmation.stands"
    status = 409
    zh = "同样的申请已在等待。请等它有结果，或先撤回。"
    en = "The same request is waiting already. Wait for its outcome, or withdraw it first."


class ConfirmationClosed(DomainError):
    code = "confirmation.closed"
    status = 409
    fields = ("confirmation",)
    zh = "这项申请已有结果或已失效（{state}）。如仍需要，请重新申请。"
    en = "This request is decided or has lapsed ({state}). Ask anew if it is still needed."


class NotTheSecond(DomainError):
    """Four eyes: neither whoever asked nor whom it is about."""

    code = "confirmation.self"
    status = 403
    fields = ("confirmation",)
    zh = "不能确认自己提出或与自己有关的申请。请由另一位管理员或科室负责人确认。"
    en = "You cannot confirm what you asked for or what is about you. Another administrator or the county lead has to."


class NotIndependent(DomainError):
    """One of the two could be the other's puppet."""

    code = "confirmation.dependent"
    status = 403
    fields = ("confirmation",)
    zh = "您与申请人之间 30 天内有过建立账户、授权或重置密码的操作，不能互相确认。请由另一位管理员、科室负责人或上级管理员确认。"
    en = "Within the last 30 days one of you made, granted or reset the other's account, so neither confirms for the other. Another administrator, the county lead or an administrator above has to."


class SameRole(DomainError):
    code = "confirmation.role"
    status = 403
    fields = ("confirmation",)
    zh = "此事须由与申请人角色不同的人确认。管理员申请的由科室负责人确认，科室负责人申请的由管理员确认。"
    en = "Somebody of another role has to confirm this: a lead what an administrator asks for, an administrator what a lead asks for."


class RoleExtended(DomainError):
    code = "role.extended"
    status = 409
    fields = ("ends_on",)
    zh = "此角色可查看密封事项或可授权，不能直接延长。请重新授予，由第二人确认。"
    en = "This role opens sealed matters or grants such roles and is not prolonged here. Grant it anew; a second person confirms it."


class AskerGone(DomainError):
    code = "confirmation.asker"
    status = 409
    fields = ("confirmation",)
    zh = "申请人已没有任何角色，其申请不能再确认。请不同意该申请；如仍需要，由他人重新申请。"
    en = "Whoever asked has no role any more, so this cannot be confirmed. Refuse it; if it is still needed, somebody else asks anew."
