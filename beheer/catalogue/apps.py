"""Tells Django of this room."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """The room `catalogue`."""

    name = "beheer.catalogue"
    label = "catalogue"
