"""Tells Django of this room, and people of the services that roles can be given for."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """The room `catalogue`."""

    name = "beheer.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        """Tell people which services there are: they stand in a room below, and may not ask."""
        from beheer.catalogue.queries import names  # noqa: PLC0415  # models can be imported only now
        from beheer.people.scopes import provide_services  # noqa: PLC0415

        provide_services(names)
