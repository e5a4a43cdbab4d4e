from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('concerns', '0001_initial'),
    ]

    operations = [
        # What a finding was judged by must stay readable: published rules refuse change and removal.
        migrations.RunSQL(
            """
            CREATE FUNCTION concerns_rules_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'published rules cannot change'; END $$;
            CREATE TRIGGER concerns_rules_stand BEFORE UPDATE OR DELETE ON concerns_rulesetversion
                FOR EACH ROW EXECUTE FUNCTION concerns_rules_refuse();
            """,
            reverse_sql="DROP TRIGGER concerns_rules_stand ON concerns_rulesetversion;"
            " DROP FUNCTION concerns_rules_refuse",
        ),
    ]
