"""Messages and their deliveries whose time has passed, a piece at a time; see the retention schedule."""

from datetime import datetime

from django.db.models import Exists, OuterRef

from .models import SENT, VOID, Delivery, Notice


def deliveries_forget(*, before: datetime, most: int) -> int:
    """Those that arrived or are void; dead letters stay until somebody has looked at them."""
    done = Delivery.objects.filter(state__in=(SENT, VOID), done_at__lt=before)
    gone = list(done.values_list("id", flat=True)[:most])
    return Delivery.objects.filter(id__in=gone).delete()[0]


def notices_forget(*, before: datetime, most: int) -> int:
    """Those that were read and of which no delivery is left."""
    under_way = Delivery.objects.filter(notice=OuterRef("id"))
    read = Notice.objects.filter(~Exists(under_way), read_at__lt=before)
    gone = list(read.values_list("id", flat=True)[:most])
    return Notice.objects.filter(id__in=gone).delete()[0]
