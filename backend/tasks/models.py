"""What takes longer than a request, asked for by a person and carried out by a worker."""

from django.db import models
from django.db.models import Q

from fieldforms.vocabulary import codes

WAITING, RUNNING, FINISHED, FAILED, CANCELLED = codes("task_state")
OPEN = (WAITING, RUNNING)


class Task(models.Model):
    """`asked`, `file` and `result` are sealed under a key of the task's own, which ends with it.

    `asked` and `file` are emptied when it ends. `claim` is who works on it and `touched_at` when that
    was last heard of: one that was left alone was left by a process that died.
    """

    id = models.UUIDField(primary_key=True)
    kind = models.TextField(choices=[(code, code) for code in codes("task_kind")])
    actor = models.UUIDField()
    county = models.TextField()
    state = models.TextField(choices=[(code, code) for code in codes("task_state")])
    done = models.IntegerField(default=0, db_default=0)
    of = models.IntegerField(default=0, db_default=0)
    attempts = models.IntegerField(default=0, db_default=0)
    claim = models.UUIDField(null=True)
    asked_at = models.DateTimeField()
    touched_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    problem = models.JSONField(null=True)
    asked = models.BinaryField(null=True)
    file = models.BinaryField(null=True)
    result = models.BinaryField(null=True)

    class Meta:
        db_table = "tasks_task"
        indexes = [
            models.Index(fields=["actor", "-asked_at", "id"], name="task_of_actor"),
            models.Index(fields=["asked_at"], condition=Q(state__in=OPEN), name="task_open"),
            models.Index(fields=["expires_at"], name="task_expires"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=OPEN) | Q(finished_at__isnull=False, asked=None, file=None),
                name="task_ended_keeps_nothing_asked",
            )
        ]
