"""Where the reporter of an item reads mail, and what our mails are called."""

from __future__ import annotations

from email.utils import make_msgid

from django.conf import settings

from beheer.work.models import Item, MailOut


def address_of(item: Item) -> str:
    """Where the reporter of an item reads mail; empty if nowhere."""
    if item.requester is not None:
        return item.requester.email if item.requester.is_active and not item.requester.is_simulated else ""
    return item.requester_email


def address_for(row: MailOut) -> str:
    """Where a mail that goes out is read by now: by its reader, else by the reporter; empty if nowhere."""
    if row.reader is not None:
        return row.reader.email if row.reader.is_active and not row.reader.is_simulated else ""
    return address_of(row.item)


def new_mail_id() -> str:
    """A Message-ID of our own."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    return make_msgid(domain=domain)
