from backend.common.errors import DomainError


class MobileMalformed(DomainError):
    code = "contact.mobile"
    fields = ("mobile",)
    zh = "手机号码不正确，请填写 11 位手机号，或留空使用登记的号码。"
    en = (
        "This is no mobile number. Give its 11 digits, or leave it empty to use the registered one."
    )


class CriticalUnreachable(DomainError):
    code = "contact.critical"
    fields = ("critical",)
    zh = "紧急消息至少要有一种能送达您的方式：请选择短信，或填写电子邮箱并选择电子邮件。"
    en = "Critical messages need one way that reaches you: choose text messages, or give an e-mail address and choose e-mail."


class QuietHalf(DomainError):
    code = "contact.quiet"
    fields = ("quiet_from", "quiet_until")
    zh = "请同时填写免打扰的开始和结束时间，或都留空使用本县的时间。"
    en = "Give both ends of the quiet hours, or neither to use your county's."


class DeliveryNotDead(DomainError):
    code = "delivery.not_dead"
    status = 409
    fields = ("delivery",)
    zh = "此消息已送达、正在发送，或已有人重新发送。请刷新页面。"
    en = "This message was delivered, is being sent, or somebody has sent it again already. Reload the page."


class WebhookCounty(DomainError):
    code = "webhook.county"
    fields = ("county",)
    zh = "请填写您管理的县级区划代码（6 位）。"
    en = "Give the six-digit code of a county that you administer."


class WebhookAddress(DomainError):
    code = "webhook.url"
    fields = ("url",)
    zh = "地址不能使用。请填写公网上以 https:// 开头的地址，不含用户名和密码。"
    en = "This address cannot be used. Give one of the public network that begins with https://, without user name and password."


class WebhookKnown(DomainError):
    code = "webhook.known"
    status = 409
    fields = ("url",)
    zh = "本县已登记此地址。"
    en = "This address is registered for the county already."
