"""Tells Django of this room."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """The room `work`."""

    name = "beheer.work"
    label = "work"
