"""On PostgreSQL host names, addresses and paths are found by their parts; what is indexed already is marked for it."""

from django.db import migrations

STATEMENTS = (
    "ALTER TABLE work_search ADD COLUMN words_apart boolean NOT NULL DEFAULT false",
    "ALTER TABLE work_search ALTER COLUMN words_apart SET DEFAULT true",
    "CREATE INDEX work_search_old ON work_search (item_id) WHERE NOT words_apart",
)


def mark_what_is_there(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in STATEMENTS:
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("work", "0014_followers")]
    operations = [migrations.RunPython(mark_what_is_there, migrations.RunPython.noop)]
