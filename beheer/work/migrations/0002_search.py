"""The table for full-text search, each store its own kind."""

from django.db import migrations

CREATE = {
    "sqlite": (
        "CREATE VIRTUAL TABLE work_search USING fts5(number, title, body, "
        "tokenize='unicode61 remove_diacritics 2', prefix='2 3 4')",
    ),
    "postgresql": (
        "CREATE TABLE work_search (item_id bigint PRIMARY KEY, document tsvector NOT NULL)",
        "CREATE INDEX work_search_document ON work_search USING gin (document)",
    ),
}


def create(apps, schema_editor):
    for statement in CREATE[schema_editor.connection.vendor]:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("work", "0001_initial")]
    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
