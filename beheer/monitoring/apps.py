"""Tells Django of this room."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """The room `monitoring`."""

    name = "beheer.monitoring"
    label = "monitoring"
