"""Published form versions: what a stored answer is read by, so never changed."""

from typing import Any, ClassVar

from django.db import models


class FormError(Exception):
    """An expected error of this app; `code` is stable, the messages say what to do."""

    code: ClassVar[str] = "form.error"
    zh: ClassVar[str] = ""
    en: ClassVar[str] = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.zh} {self.en}"


class PublishedFormChanged(FormError):
    code = "form.published"
    zh = "已发布的表单版本不能更改。请提高版本号后再发布。"
    en = "A published form version cannot change. Raise its version and publish again."


class FormVersion(models.Model):
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
