"""Whether the settings let mails become work, and what they were when one could not."""

from __future__ import annotations

import hashlib

from django.conf import settings

from beheer import __version__
from beheer.catalogue.models import Service
from beheer.work.definitions import current_versions, kind_of

NO_SERVICE = "no service is set that mails are about: set BEHEER_MAIL_SERVICE to the key of a service"
NO_SUCH_SERVICE = "BEHEER_MAIL_SERVICE names a service that is not there: make it, or name another"
NO_SUCH_KIND = "BEHEER_MAIL_KIND names a kind of work that is not there: name another"


def setting_fault() -> str:
    """What in the settings keeps a new mail from becoming an item; empty where nothing does."""
    version = current_versions().get(settings.MAIL_KIND)
    if version is None:
        return NO_SUCH_KIND
    if settings.MAIL_SERVICE:
        return "" if Service.objects.filter(key=settings.MAIL_SERVICE).exists() else NO_SUCH_SERVICE
    return NO_SERVICE if kind_of(version).create.get("service") == "required" else ""


def settings_now() -> str:
    """What taking in depends on, as a fingerprint: a mail that could not be taken in is tried once with each."""
    version = current_versions().get(settings.MAIL_KIND)
    service = Service.objects.filter(key=settings.MAIL_SERVICE).values_list("pk", flat=True).first()
    about = (__version__, settings.MAIL_KIND, version and version.pk, settings.MAIL_SERVICE, service)
    return hashlib.sha256(repr(about).encode()).hexdigest()
