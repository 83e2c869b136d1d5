"""Tells Django of this room."""

from django.apps import AppConfig


class ConfigurationConfig(AppConfig):
    """The door `configuration`."""

    name = "beheer.configuration"
    label = "configuration"
