
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sync', '0008_queue'),
    ]

    operations = [
        migrations.AddField(
            model_name='attachment',
            name='declared_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='attachment',
            name='found',
            field=models.TextField(default=''),
        ),
        migrations.AddField(
            model_name='attachment',
            name='made_from',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='attachment',
            name='reason',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='attachment',
            name='sealed',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='upload',
            name='metadata',
            field=models.BinaryField(default=bytes),
        ),
        migrations.AddField(
            model_name="upload",
            name="sealed",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name='attachment',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['device'], name='attachment_pending'),
        ),
    ]
