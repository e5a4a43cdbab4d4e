"""Evidence dossiers that were made. The PDF lies sealed in the storage, see `store`."""

from django.db import models

from backend.common.keyed import KeyedUUIDField
from sync.models import AppendRecord


class Dossier(AppendRecord):
    """That a PDF was made of a child's file (`file`), by whom and when; why stands in its operation.

    `sealed`: it holds what is sealed, for a sealed case (`case`). `sha256` is over the PDF's bytes.
    """

    case = KeyedUUIDField(null=True, domain="dossier.case")
    sealed = models.BooleanField(default=False)
    person = models.UUIDField()
    made_at = models.DateTimeField()
    sha256 = models.TextField()
    size = models.IntegerField()
    pages = models.IntegerField()
