"""Tells Django of this room."""

from django.apps import AppConfig


class ServiceLevelsConfig(AppConfig):
    """The room `service_levels`."""

    name = "beheer.service_levels"
    label = "service_levels"
