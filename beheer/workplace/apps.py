"""Tells Django of this room."""

from django.apps import AppConfig


class WorkplaceConfig(AppConfig):
    """The room `workplace`."""

    name = "beheer.workplace"
    label = "workplace"
