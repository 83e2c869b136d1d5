"""The WSGI entry that granian serves."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beheer.settings")
application = get_wsgi_application()


def warm_up() -> None:
    """Read what the first page would else wait for: all addresses, and the files of the kinds of work."""
    from beheer.work.definitions import built_in_texts  # noqa: PLC0415  # only after Django is set up

    _ = get_resolver().url_patterns
    built_in_texts()


warm_up()
