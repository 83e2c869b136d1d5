"""Windows are found in the order of the list."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("service_levels", "0009_reports_looked_at")]

    operations = [
        migrations.AddIndex(
            model_name="plannedwindow",
            index=models.Index(fields=["starts_at", "id"], name="windows_by_start"),
        ),
    ]
