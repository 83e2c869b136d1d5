"""Packs states with their instants, and windows with corrections. A cache: thrown away here, and filled by the worker."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

PACKED = ("states", "marks", "confirmed", "last_good")


def keep_together(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Let PostgreSQL keep arrays as they are, and within their row up to a page: half the time of reading is saved."""
    if editor.connection.vendor == "postgresql":
        table = "service_levels_servicetimeline"
        editor.execute(f"ALTER TABLE {table} SET (toast_tuple_target = 8160)")
        for column in PACKED:
            editor.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0001_initial"),
        ("service_levels", "0005_judgements_by_value"),
    ]

    operations = [
        migrations.DeleteModel("ServiceTimeline"),
        migrations.CreateModel(
            name="ServiceTimeline",
            fields=[
                (
                    "service",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="timeline",
                        serialize=False,
                        to="catalogue.service",
                    ),
                ),
                ("changes", models.PositiveIntegerField(default=0)),
                ("last_change_id", models.BigIntegerField(db_index=True, default=-1)),
                *((name, models.BinaryField(default=b"")) for name in PACKED),
            ],
        ),
        migrations.RunPython(keep_together, migrations.RunPython.noop),
    ]
