"""Tells Django of this room."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """The room `portal`."""

    name = "beheer.portal"
    label = "portal"
