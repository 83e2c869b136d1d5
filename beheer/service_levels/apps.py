"""Tells Django of this room."""

from django.apps import AppConfig


class ServiceLevelsConfig(AppConfig):
    """The room `service_levels`."""

    name = "beheer.service_levels"
    label = "service_levels"

    def ready(self) -> None:
        """Lets this room tell `work`, which stands below, what was agreed, and which windows there are."""
        from beheer.service_levels import (  # noqa: PLC0415  # models must be loaded first
            objections,  # noqa: F401
            windows_for_work,  # noqa: F401
        )
