from django.db import migrations, models
from django.db.models import Q
from django.db.models.functions import ExtractYear

from backend.common.upgrades import fill_in


def _fill(rows: "models.QuerySet[models.Model]") -> object:
    return rows.update(birth_year=ExtractYear("birth_date"))


class Migration(migrations.Migration):
    """The column of the birth date stays for the code before this, which reads and writes it; `manage.py
    conceal` empties it afterwards, and a later release drops it.
    """

    atomic = False
    dependencies = [("children", "0004_delegations")]

    operations = [
        migrations.AddField("child", "birth_year", models.SmallIntegerField(null=True)),
        fill_in(
            "children",
            "Child",
            lacking=Q(birth_year=None, birth_date__isnull=False),
            fill=_fill,
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("child", "birth_date")]
        ),
    ]
