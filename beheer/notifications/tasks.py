"""What the worker does for notifications."""

from __future__ import annotations

from datetime import datetime, timedelta

from beheer.notifications.models import Message
from beheer.notifications.outbox import deliver_due

KEEP_DAYS = 400


def deliver(now: datetime) -> int:
    """Deliver what is due in the outbox."""
    return deliver_due(now)


def forget(now: datetime) -> int:
    """Remove messages that are older than the longest period anybody reports on."""
    done, _rows = Message.objects.filter(created_at__lt=now - timedelta(days=KEEP_DAYS)).delete()
    return done
