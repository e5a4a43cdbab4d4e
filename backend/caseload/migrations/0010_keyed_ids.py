import backend.common.keyed
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('caseload', '0009_open_danger'),
    ]

    # The type in the database stays: what was written before is read as it is, see common/keyed.py.
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
        migrations.AlterField(
            model_name='restricteddanger',
            name='child',
            field=backend.common.keyed.KeyedUUIDField(domain='restricted_danger'),
        ),
        migrations.AlterField(
            model_name='restricteddanger',
            name='escalation',
            field=backend.common.keyed.KeyedUUIDField(domain='restricted_danger', primary_key=True, serialize=False),
        ),
            ]
        )
    ]
