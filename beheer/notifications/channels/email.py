"""Electronic mail by SMTP, as text and HTML. The server stands in the settings (`BEHEER_SMTP_…`)."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Mapping
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlparse

from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from beheer.lib.errors import InputError, Problem
from beheer.notifications.channels.envelope import DeliveryFailed, Envelope


class Email:
    """Mail to the person whose channel it is, or to the addresses in `to`."""

    key = "email"
    title = gettext_lazy("e-mail")
    needs_secret = False

    def check(self, settings: Mapping[str, Any], *, has_person: bool) -> dict[str, Any]:
        """`to`: a list of addresses, or text with commas; may be empty only where the channel is somebody's."""
        given = settings.get("to") or []
        addresses = re.split(r"[\s,;]+", given) if isinstance(given, str) else list(given)
        addresses = [address for address in addresses if address]
        for address in addresses:
            try:
                validate_email(address)
            except ValidationError as error:
                raise InputError(
                    Problem(f"'{address}' is no e-mail address.", "to", "Write it as name@example.org.")
                ) from error
        if not addresses and not has_person:
            raise InputError(
                Problem("Nobody would get this mail.", "to", "Give an address, or choose a person.")
            )
        return {"to": addresses}

    def target(self, settings: Mapping[str, Any], address: str) -> str:
        """The addresses."""
        return ", ".join(settings.get("to") or [address])

    def send(self, envelope: Envelope) -> None:
        """Send one mail with all messages. Raises: DeliveryFailed."""
        with translation.override(envelope.language):
            mail = self._mail(envelope)
        try:
            mail.send()
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryFailed(f"{type(error).__name__}: {_reason(error)}") from error

    def _mail(self, envelope: Envelope) -> EmailMultiAlternatives:
        notes = envelope.notes
        subject = notes[-1].headline
        if len(notes) > 1:
            more = len(notes) - 1
            subject = ngettext("%(title)s, and %(more)d more", "%(title)s, and %(more)d more", more) % {
                "title": subject,
                "more": more,
            }
        context = {"notes": notes, "channel": envelope.channel_name, "language": envelope.language}
        domain = urlparse(django_settings.BASE_URL).hostname or "localhost"
        thread = re.sub(r"[^A-Za-z0-9.-]", "-", notes[-1].key) or "messages"
        mail = EmailMultiAlternatives(
            subject="[Beheer] " + " ".join(subject.split()),
            body=render_to_string("notifications/mail.txt", context),
            to=list(envelope.settings.get("to") or [envelope.address]),
            headers={
                "Message-ID": make_msgid(idstring=envelope.id, domain=domain),
                "References": f"<{thread}@{domain}>",
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "All",
            },
        )
        mail.attach_alternative(render_to_string("notifications/mail.html", context), "text/html")
        return mail


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answers = [
            f"{address}: {code} {_decoded(text)}" for address, (code, text) in error.recipients.items()
        ]
        return "; ".join(answers)
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_decoded(error.smtp_error)}"
    return str(error) or _("the mail server gave no reason")


def _decoded(text: bytes | str) -> str:
    return text.decode(errors="replace") if isinstance(text, bytes) else text
