"""Tells Django of this room."""

from django.apps import AppConfig


class ServiceLevelsConfig(AppConfig):
    """The room `service_levels`."""

    name = "beheer.service_levels"
    label = "service_levels"

    def ready(self) -> None:
        """Lets this room say what was agreed against a plan of `work`, which stands below."""
        from beheer.service_levels import objections  # noqa: F401, PLC0415  # models must be loaded first
