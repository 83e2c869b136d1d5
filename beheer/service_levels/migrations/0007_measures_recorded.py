"""Measures say when they were recorded, so that one added later is not in an earlier report."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("service_levels", "0006_packed_tighter")]

    operations = [
        migrations.AddField(
            model_name="measure",
            name="recorded_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="recorded"),
        ),
    ]
