"""Windows keep the version that calendars go by, and room for dates that are added to a series."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("service_levels", "0007_measures_recorded")]

    operations = [
        migrations.AddField(
            model_name="plannedwindow",
            name="sequence",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="plannedwindow",
            name="uid",
            field=models.CharField(max_length=300),
        ),
        migrations.AlterField(
            model_name="plannedwindow",
            name="recurrence",
            field=models.CharField(
                blank=True,
                help_text="RFC 5545, e.g. FREQ=MONTHLY;BYDAY=2TU.",
                max_length=4000,
                verbose_name="recurrence",
            ),
        ),
    ]
