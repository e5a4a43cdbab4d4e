import backend.regions.villages
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('children', '0005_birth_year'),
    ]

    # The type in the database stays: what was written before is read as it is, see regions/villages.py.
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
        migrations.AlterField(
            model_name='child',
            name='division',
            field=backend.regions.villages.ResidenceField(default='', domain='children'),
        ),
        migrations.AlterField(
            model_name='household',
            name='division',
            field=backend.regions.villages.ResidenceField(default='', domain='children'),
        ),
            ]
        )
    ]
