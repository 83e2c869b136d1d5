"""Tells Django of this room."""

from django.apps import AppConfig


class PermissionsConfig(AppConfig):
    """The room `permissions`."""

    name = "beheer.permissions"
    label = "permissions"
