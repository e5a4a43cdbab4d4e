from django.db import models


class Division(models.Model):
    """One administrative division. Public geography: nothing here is sealed.

    Codes are revoked and renumbered. A revoked one stays, with the last day it was valid and the
    code that took its place, because files and histories go on naming it.
    """

    # As a text primary key Django also gives it the index that `LIKE 'prefix%'`, our scope, needs.
    code = models.CharField(max_length=12, primary_key=True)
    name = models.CharField(max_length=100)
    level = models.CharField(max_length=10)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    pinyin = models.CharField(max_length=300, help_text="Syllables without tones, to sort by.")
    valid_from = models.DateField(null=True, blank=True, help_text="Empty: before our records.")
    valid_to = models.DateField(null=True, blank=True)
    successor = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="predecessors"
    )

    class Meta:
        db_table = "regions_division"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    code__regex=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12})$"
                ),
                name="division_code_well_formed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
