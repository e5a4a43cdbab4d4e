"""The shapes of the API of messages."""

from rest_framework import serializers

from backend.common.api import paged
from fieldforms.vocabulary import codes

from .messages import kinds
from .models import DEAD
from .preferences import PERSONAL

CHANNELS = codes("delivery_channel")


class NoticesIn(serializers.Serializer):
    unread = serializers.BooleanField(default=False)


class NoticeOut(serializers.Serializer):
    """`link` is a path of the office's pages, or empty."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    critical = serializers.BooleanField()
    at = serializers.DateTimeField()
    read_at = serializers.DateTimeField(allow_null=True)
    title = serializers.CharField()
    text = serializers.CharField()
    link = serializers.CharField()


class InboxOut(serializers.Serializer):
    """A page, and how many of all her messages are unread."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    unread = serializers.IntegerField()
    results = NoticeOut(many=True)


class ContactIn(serializers.Serializer):
    """Everything, not only what changes. An empty mobile number means the registered one."""

    email = serializers.EmailField(max_length=254, allow_blank=True, default="")
    mobile = serializers.CharField(max_length=30, allow_blank=True, default="")
    normal = serializers.ListField(
        child=serializers.ChoiceField(PERSONAL), help_text="Beside the inbox.", default=list
    )
    critical = serializers.ListField(child=serializers.ChoiceField(PERSONAL))
    quiet_from = serializers.TimeField(allow_null=True, default=None)
    quiet_until = serializers.TimeField(allow_null=True, default=None)

    def validate_email(self, address: str) -> str:
        if not address.isascii():
            raise serializers.ValidationError("Only ASCII characters.")
        return address


class ContactOut(serializers.Serializer):
    """`on` are the ways that the operator has set up; `usual_*` the county's quiet hours."""

    email = serializers.CharField()
    mobile = serializers.CharField()
    normal = serializers.ListField(child=serializers.ChoiceField(PERSONAL))
    critical = serializers.ListField(child=serializers.ChoiceField(PERSONAL))
    quiet_from = serializers.TimeField(allow_null=True)
    quiet_until = serializers.TimeField(allow_null=True)
    usual_from = serializers.TimeField()
    usual_until = serializers.TimeField()
    on = serializers.ListField(child=serializers.ChoiceField(PERSONAL))


class DeliveriesIn(serializers.Serializer):
    state = serializers.ChoiceField(codes("delivery_state"), default=DEAD)
    channel = serializers.ChoiceField(CHANNELS, default="", allow_blank=True)
    kind = serializers.ChoiceField(list(kinds()), default="", allow_blank=True)
    county = serializers.RegexField(r"^\d{0,12}$", default="", allow_blank=True)


class DeliveryOut(serializers.Serializer):
    """`error` is a code: what went wrong at the last try, such as `http.500` or `timeout`."""

    id = serializers.UUIDField(source="delivery.id")
    notice = serializers.UUIDField(source="delivery.notice_id")
    kind = serializers.CharField(source="delivery.notice.kind")
    title = serializers.CharField()
    critical = serializers.BooleanField(source="delivery.critical")
    channel = serializers.ChoiceField(CHANNELS, source="delivery.channel")
    receiver = serializers.CharField(help_text="A person's name or a webhook's address.")
    county = serializers.CharField(source="delivery.notice.county")
    place = serializers.CharField()
    state = serializers.ChoiceField(codes("delivery_state"), source="delivery.state")
    error = serializers.CharField(source="delivery.error")
    attempts = serializers.IntegerField(source="delivery.attempts")
    at = serializers.DateTimeField(source="delivery.notice.at")
    due_at = serializers.DateTimeField(source="delivery.due_at")
    done_at = serializers.DateTimeField(source="delivery.done_at", allow_null=True)


class StatusOut(serializers.Serializer):
    """How a channel does; one that is not `on` sends nothing and loses nothing."""

    channel = serializers.ChoiceField(CHANNELS)
    on = serializers.BooleanField()
    waiting = serializers.IntegerField()
    dead = serializers.IntegerField()
    oldest = serializers.DateTimeField(allow_null=True)


class WebhookIn(serializers.Serializer):
    county = serializers.RegexField(r"^\d{6}$")
    url = serializers.CharField(max_length=500)


class WebhookChangeIn(serializers.Serializer):
    """What is left out stays as it is."""

    url = serializers.CharField(max_length=500, required=False)
    active = serializers.BooleanField(required=False)
    new_secret = serializers.BooleanField(required=False)


class WebhookOut(serializers.Serializer):
    id = serializers.UUIDField()
    county = serializers.CharField()
    url = serializers.CharField()
    active = serializers.BooleanField()
    made_at = serializers.DateTimeField()


class WebhookMadeOut(WebhookOut):
    """`secret` is shown this once; null when it was not made anew."""

    secret = serializers.CharField(allow_null=True)


DELIVERIES = paged(DeliveryOut)
WEBHOOKS = paged(WebhookOut)
