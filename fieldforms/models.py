"""Published form versions: what a stored answer is read by, so never changed."""

from typing import Any

from django.db import models

from .errors import PublishedFormChanged


class FormVersion(models.Model):
    """`source` is the XLSForm, `xform` and `manifest` what it compiles to, `sha256` over all of it.

    A trigger of the database refuses every change but that of `retired_at`, whoever asks.
    """

    form = models.CharField(max_length=64)
    version = models.CharField(max_length=32)
    xform = models.TextField()
    manifest = models.JSONField()
    sha256 = models.CharField(max_length=64)
    source = models.TextField()
    published_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["form", "version"], name="one_text_per_form_version")
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Only `retired_at` may change after publication. Raises `PublishedFormChanged`."""
        if not self._state.adding and kwargs.get("update_fields") != ["retired_at"]:
            raise PublishedFormChanged
        super().save(*args, **kwargs)
