"""The Celery application: `celery -A backend.config worker`, `celery -A backend.config beat`."""

import os

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backend.config.settings")
# What `filesystem://` means in this process; kombu has no other way to say it in a URL.
TRANSPORT_ALIASES["filesystem"] = "backend.config.broker:Transport"
app = Celery("huxing")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
