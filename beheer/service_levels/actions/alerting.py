"""Giving norms at risk or breached to an Alertmanager."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from datetime import datetime

from django.conf import settings

from beheer.service_levels.exposition import alerts

log = logging.getLogger(__name__)
TIMEOUT_S = 10


def push_alerts(now: datetime) -> int:
    """Send what is at risk or breached to `BEHEER_ALERTMANAGER` (its address), where that is set. Gives how many.

    Alertmanager is told again at every pass, and ends an alert by itself when it hears no more of it.
    """
    address: str = settings.ALERTMANAGER
    found = alerts(now) if address else []
    if not found:
        return 0
    request = urllib.request.Request(  # noqa: S310  an address that the administrator of this machine set
        f"{address.rstrip('/')}/api/v2/alerts",
        data=json.dumps(found).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            answer.read()
    except (urllib.error.URLError, OSError) as error:
        log.warning("Alertmanager at %s did not take the alerts: %s", address, error)
        return 0
    return len(found)
