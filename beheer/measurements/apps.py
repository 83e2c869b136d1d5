"""Tells Django of this room."""

from django.apps import AppConfig


class MeasurementsConfig(AppConfig):
    """The room `measurements`."""

    name = "beheer.measurements"
    label = "measurements"
