"""Sending sealed reports by e-mail: tried again with growing pauses, and visible on the report's page."""

from __future__ import annotations

import json
import smtplib
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from beheer.service_levels.models import ReportDelivery
from beheer.service_levels.report_documents import as_pdf

MOST_ATTEMPTS = 10
FIRST_PAUSE = timedelta(minutes=2)


def send_due(now: datetime) -> int:
    """Send what is due. Gives how many were sent."""
    waiting = ReportDelivery.objects.filter(
        sent_at=None, next_attempt_at__lte=now, attempts__lt=MOST_ATTEMPTS
    )
    return sum(_send(delivery, now) for delivery in waiting.select_related("report__agreement")[:20])


def _send(delivery: ReportDelivery, now: datetime) -> int:
    """Try once. A failure is kept with its reason, and tried again later."""
    delivery.attempts += 1
    delivery.next_attempt_at = now + FIRST_PAUSE * 2 ** (delivery.attempts - 1)
    delivery.save(update_fields=["attempts", "next_attempt_at"])
    try:
        _message(delivery).send()
    except (OSError, smtplib.SMTPException) as error:
        delivery.error = f"{type(error).__name__}: {error}"[:300]
        delivery.save(update_fields=["error"])
        return 0
    delivery.sent_at, delivery.error = now, ""
    delivery.save(update_fields=["sent_at", "error"])
    return 1


def _message(delivery: ReportDelivery) -> EmailMessage:
    report = delivery.report
    language = report.agreement.report_language
    with translation.override(language):
        values = {"agreement": report.agreement.name, "version": report.version}
        subject = _("Service level report: %(agreement)s, version %(version)s") % values
        body = _("The report is attached.\n\nIt is also here: %(url)s\nSHA-256 of its data: %(hash)s\n") % {
            "url": f"{settings.BASE_URL}/service-levels/reports/{report.pk}/",
            "hash": report.sha256,
        }
    message = EmailMessage(subject, body, to=[delivery.recipient])
    name = f"{report.agreement.key}-{report.starts_at:%Y-%m-%d}-v{report.version}.pdf"
    message.attach(name, as_pdf(report, json.loads(report.content), language), "application/pdf")
    return message
