"""Of the windows that hold, those of some weeks and those that recur are found without reading the others."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("service_levels", "0010_windows_by_start")]

    operations = [
        migrations.AddIndex(
            model_name="plannedwindow",
            index=models.Index(
                fields=["ends_at", "starts_at"],
                condition=Q(approved_at__isnull=False, ended_at__isnull=True, recurrence=""),
                name="windows_that_hold_once",
            ),
        ),
        migrations.AddIndex(
            model_name="plannedwindow",
            index=models.Index(
                fields=["starts_at"],
                condition=Q(approved_at__isnull=False, ended_at__isnull=True) & ~Q(recurrence=""),
                name="windows_that_recur",
            ),
        ),
    ]
