import backend.common.keyed
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('guardianship', '0002_kept_from'),
    ]

    # The type in the database stays: what was written before is read as it is, see common/keyed.py.
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
        migrations.AlterField(
            model_name='alertgiven',
            name='record',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='assessment',
            name='case',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='assessment',
            name='file',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='assessment',
            name='id',
            field=backend.common.keyed.KeyedUUIDField(domain='matter', primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='assessment',
            name='op',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='case',
            name='escalation',
            field=backend.common.keyed.KeyedUUIDField(domain='matter', null=True),
        ),
        migrations.AlterField(
            model_name='case',
            name='file',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='case',
            name='id',
            field=backend.common.keyed.KeyedUUIDField(domain='matter', primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='case',
            name='proposed_op',
            field=backend.common.keyed.KeyedUUIDField(domain='matter', null=True),
        ),
        migrations.AlterField(
            model_name='casecard',
            name='case',
            field=backend.common.keyed.KeyedUUIDField(domain='case_card.case'),
        ),
        migrations.AlterField(
            model_name='guardianwarning',
            name='file',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='guardianwarning',
            name='id',
            field=backend.common.keyed.KeyedUUIDField(domain='matter', primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='guardianwarning',
            name='op',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='protectionorder',
            name='case',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='protectionorder',
            name='file',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='protectionorder',
            name='id',
            field=backend.common.keyed.KeyedUUIDField(domain='matter', primary_key=True, serialize=False),
        ),
            ]
        )
    ]
