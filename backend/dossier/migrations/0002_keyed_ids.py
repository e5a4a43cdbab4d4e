import backend.common.keyed
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('dossier', '0001_initial'),
    ]

    # The type in the database stays: what was written before is read as it is, see common/keyed.py.
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
        migrations.AlterField(
            model_name='dossier',
            name='case',
            field=backend.common.keyed.KeyedUUIDField(domain='dossier.case', null=True),
        ),
            ]
        )
    ]
