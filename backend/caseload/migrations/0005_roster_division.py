from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("caseload", "0004_orders")]

    operations = [
        migrations.AddField(
            model_name="rosterimport",
            name="division",
            field=models.TextField(db_index=True, default=""),
            preserve_default=False,
        ),
        migrations.RunSQL(
            "UPDATE caseload_rosterimport SET division = coalesce(prefixes[1], '')",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveField(model_name="rosterimport", name="prefixes"),
    ]
