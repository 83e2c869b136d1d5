"""Tells Django of this room."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """The room `demo`."""

    name = "beheer.demo"
    label = "demo"
