"""What benches of pages share: an empty store of their own, and somebody signed in to it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.test import Client


@contextmanager
def own_store() -> Iterator[None]:
    """Set Django up with an empty folder, which goes when the bench ends; `DATABASE_URL` is left as it is."""
    import django

    folder = tempfile.mkdtemp(prefix="beheer-bench-")
    os.environ |= {
        "BEHEER_VAR": folder,
        "DJANGO_SETTINGS_MODULE": "beheer.settings",
        "BEHEER_MFA": "optional",
    }
    django.setup()
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def signed_in() -> Client:
    """A client of the prepared store's first administrator."""
    from django.test import Client

    import beheer.wsgi  # noqa: F401  # so that this process is warmed up as one of the web server is
    from beheer.people.models import User

    user = User.objects.get(username="administrator")
    user.must_change_password = False
    user.save()
    client = Client(raise_request_exception=True, SERVER_NAME="localhost")
    client.force_login(user)
    return client
