"""Tells Django of this room."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """The room `monitoring`. It tells the catalogue, which stands below it, the state of each service."""

    name = "beheer.monitoring"
    label = "monitoring"

    def ready(self) -> None:
        """Have the catalogue ask for states here."""
        from beheer.catalogue.states import provide_states  # noqa: PLC0415  # models are there only now
        from beheer.monitoring.queries import states_of_services  # noqa: PLC0415

        provide_states(states_of_services)
