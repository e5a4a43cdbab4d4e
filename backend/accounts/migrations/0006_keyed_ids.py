import backend.common.keyed
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_log_ins'),
    ]

    # The type in the database stays: what was written before is read as it is, see common/keyed.py.
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
        migrations.AlterField(
            model_name='confirmation',
            name='id',
            field=backend.common.keyed.KeyedUUIDField(domain='confirmation', primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='confirmation',
            name='key_of',
            field=backend.common.keyed.KeyedUUIDField(domain='confirmation'),
        ),
        migrations.AlterField(
            model_name='confirmation',
            name='subject',
            field=backend.common.keyed.KeyedUUIDField(domain='confirmation'),
        ),
            ]
        )
    ]
