"""Tells Django of this room."""

from django.apps import AppConfig


class ProfileConfig(AppConfig):
    """The room `profile`."""

    name = "beheer.profile"
    label = "profile"
