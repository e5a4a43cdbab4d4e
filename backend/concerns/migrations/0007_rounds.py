"""What is new in an escalation begins a round with a clock of its own, and asks for a call of its own."""

import django.contrib.postgres.fields
from django.db import migrations, models
from django.db.models import F

# Of what is open, one event has come so far.
_UNCALLED = """
UPDATE concerns_escalation SET uncalled_since = ARRAY[waits_since], uncalled_observed = observed_at
WHERE reported_at IS NULL AND 'police' = ANY("to") AND status NOT IN ('resolved', 'unfounded')
"""


class Migration(migrations.Migration):

    dependencies = [("concerns", "0006_open_by_place")]

    operations = [
        migrations.AddField(
            model_name="escalation",
            name="resume",
            field=models.TextField(default=""),
        ),
        migrations.AddField(
            model_name="escalation",
            name="round_deadline",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="escalation",
            name="uncalled_observed",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="escalation",
            name="uncalled_since",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.DateTimeField(), default=list, size=None
            ),
        ),
        migrations.RunPython(
            lambda apps, schema: apps.get_model("concerns", "Escalation").objects.update(
                round_deadline=F("deadline")
            ),
            migrations.RunPython.noop,
        ),
        migrations.RunSQL(_UNCALLED, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="escalation",
            name="round_deadline",
            field=models.DateTimeField(),
        ),
    ]
