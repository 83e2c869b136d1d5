"""Agreements keep when their sealed reports were held against what was recorded since."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("service_levels", "0008_windows_of_series")]

    operations = [
        migrations.AddField(
            model_name="agreement",
            name="reports_looked_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
