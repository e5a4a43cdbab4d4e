"""The Celery application: `celery -A backend.config worker`, `celery -A backend.config beat`."""

import logging
import os
from typing import Any

from celery import Celery, signals
from celery.utils.log import mlevel
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
# What `filesystem://` means in this process; kombu has no other way to say it in a URL.
TRANSPORT_ALIASES["filesystem"] = "backend.config.broker:Transport"
app = Celery("huxing")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def keep_logging(loglevel: Any = None, **_: Any) -> None:
    """Celery would put handlers in the place of the settings' own, and its lines hold arguments."""
    logging.getLogger("celery").setLevel(mlevel(loglevel) or logging.NOTSET)
