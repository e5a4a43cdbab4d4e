"""Who has given a sign of life, and when."""

from django.db import models


class Heartbeat(models.Model):
    """The last sign of life of one part of the installation: a name of `heartbeats`, and the time of it."""

    name = models.TextField(primary_key=True)
    seen_at = models.DateTimeField()
