"""Tells Django of this room."""

from django.apps import AppConfig


class WorkplaceConfig(AppConfig):
    """The room `workplace`."""

    name = "beheer.workplace"
    label = "workplace"

    def ready(self) -> None:
        """Lets this room propose evidence to gradings, which stand in a room below."""
        from beheer.workplace.evidence import providers  # noqa: F401, PLC0415  # models must be loaded first
