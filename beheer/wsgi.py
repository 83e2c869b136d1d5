"""The WSGI entry that granian serves."""

import os
from pathlib import Path

from django.apps import apps
from django.core.wsgi import get_wsgi_application
from django.template.loader import get_template
from django.urls import get_resolver

from beheer.lib.memory import spare_what_is_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beheer.settings")
application = get_wsgi_application()


def warm_up() -> None:
    """Read what the first pages would else wait for: all addresses, the files of the kinds of work, all templates."""
    from beheer.work.definitions import built_in_texts  # noqa: PLC0415  # only after Django is set up

    _ = get_resolver().url_patterns
    built_in_texts()
    for room in apps.get_app_configs():
        if room.name.startswith("beheer."):
            folder = Path(room.path) / "templates"
            for file in folder.rglob("*.html"):
                get_template(str(file.relative_to(folder)))
    spare_what_is_loaded()


warm_up()
