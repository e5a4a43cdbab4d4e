import backend.common.keyed
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('referrals', '0003_office_lines'),
    ]

    # The type in the database stays: what was written before is read as it is, see common/keyed.py.
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
        migrations.AlterField(
            model_name='missing',
            name='finding',
            field=backend.common.keyed.KeyedUUIDField(domain='missing.finding', null=True),
        ),
        migrations.AlterField(
            model_name='referral',
            name='cause',
            field=backend.common.keyed.KeyedUUIDField(domain='matter', null=True),
        ),
        migrations.AlterField(
            model_name='referral',
            name='escalation',
            field=backend.common.keyed.KeyedUUIDField(domain='matter', null=True),
        ),
        migrations.AlterField(
            model_name='referral',
            name='file',
            field=backend.common.keyed.KeyedUUIDField(domain='matter'),
        ),
        migrations.AlterField(
            model_name='referral',
            name='id',
            field=backend.common.keyed.KeyedUUIDField(domain='matter', primary_key=True, serialize=False),
        ),
        migrations.AlterField(
            model_name='referral',
            name='sent_op',
            field=backend.common.keyed.KeyedUUIDField(domain='matter', null=True),
        ),
        migrations.AlterField(
            model_name='referralcard',
            name='referral',
            field=backend.common.keyed.KeyedUUIDField(domain='referral_card.referral'),
        ),
            ]
        )
    ]
