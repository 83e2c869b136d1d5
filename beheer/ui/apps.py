"""Tells Django of this room."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """The room `ui`."""

    name = "beheer.ui"
    label = "ui"
