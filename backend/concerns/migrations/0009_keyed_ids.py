import backend.common.keyed
import django.contrib.postgres.fields
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('concerns', '0008_gap_questions'),
    ]

    # The type in the database stays: what was written before is read as it is, see common/keyed.py.
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
        migrations.AlterField(
            model_name='escalation',
            name='closed_by_op',
            field=backend.common.keyed.KeyedUUIDField(domain='matter', null=True),
        ),
        migrations.AlterField(
            model_name='escalation',
            name='file',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='escalation',
            name='findings',
            field=django.contrib.postgres.fields.ArrayField(base_field=backend.common.keyed.KeyedUUIDField(domain='matter'), size=None),
        ),
        migrations.AlterField(
            model_name='escalation',
            name='id',
            field=backend.common.keyed.KeyedUUIDField(domain='matter', primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='feedback',
            name='escalation',
            field=backend.common.keyed.KeyedUUIDField(domain='feedback.escalation'),
        ),
        migrations.AlterField(
            model_name='finding',
            name='cause',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='finding',
            name='file',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='finding',
            name='id',
            field=backend.common.keyed.KeyedUUIDField(domain='matter', primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='finding',
            name='op',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='gap',
            name='cause',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='gap',
            name='file',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='gap',
            name='id',
            field=backend.common.keyed.KeyedUUIDField(domain='matter', primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='gap',
            name='op',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
            ]
        )
    ]
