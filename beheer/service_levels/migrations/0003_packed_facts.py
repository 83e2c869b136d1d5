"""Packs windows and corrections beside the states of a service. A cache: thrown away here, and filled by the worker."""

import django.db.models.deletion
from django.db import migrations, models

PACKED = ("at", "state", "windows", "recurring", "corrections", "confirmed", "last_good")


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0001_initial"),
        ("service_levels", "0002_work_targets"),
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
    ]
