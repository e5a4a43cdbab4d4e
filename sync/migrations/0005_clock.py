from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sync', '0004_door'),
    ]

    operations = [
        migrations.AddField(
            model_name='operation',
            name='wall',
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
        # The phone's own time of what is here already stands in its sealed line only.
        migrations.RunSQL('UPDATE sync_operation SET wall = at', migrations.RunSQL.noop),
        migrations.AddField(
            model_name='operation',
            name='session',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='operation',
            name='elapsed',
            field=models.BigIntegerField(null=True),
        ),
    ]
