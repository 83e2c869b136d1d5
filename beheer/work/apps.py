"""Tells Django of this room."""

from django.apps import AppConfig


class WorkConfig(AppConfig):
    """The room `work`."""

    name = "beheer.work"
    label = "work"

    def ready(self) -> None:
        """Lets the names of kinds, states, steps and fields be told in the reader's language."""
        from beheer.ui.sentences import know_names  # noqa: PLC0415  # models must be loaded first
        from beheer.work.names import name_told  # noqa: PLC0415  # as above

        know_names(name_told)
