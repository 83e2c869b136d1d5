"""Tells Django of this room."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """The room `audit`."""

    name = "beheer.audit"
    label = "audit"
