from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("fieldforms", "0001_initial")]

    operations = [
        # A stored answer is read by the text it was given to: the database keeps that text still.
        migrations.RunSQL(
            """
            CREATE FUNCTION formversion_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF TG_OP = 'DELETE' OR (to_jsonb(OLD) - 'retired_at') <> (to_jsonb(NEW) - 'retired_at')
                THEN RAISE EXCEPTION 'a published form version never changes';
                END IF;
                RETURN NEW;
            END $$;
            CREATE TRIGGER formversion_stands BEFORE UPDATE OR DELETE ON fieldforms_formversion
                FOR EACH ROW EXECUTE FUNCTION formversion_refuse();
            """,
            reverse_sql="DROP TRIGGER formversion_stands ON fieldforms_formversion;"
            " DROP FUNCTION formversion_refuse",
        ),
    ]
