import backend.regions.villages
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('concerns', '0009_keyed_ids'),
    ]

    # The type in the database stays: what was written before is read as it is, see regions/villages.py.
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
        migrations.AlterField(
            model_name='escalation',
            name='division',
            field=backend.regions.villages.ResidenceField(domain='matters'),
        ),
            ]
        )
    ]
