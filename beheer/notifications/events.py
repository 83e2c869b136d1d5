"""What can be told about, and how grave a message can be."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

EVENTS: dict[str, Promise] = {
    "incident.opened": _("incident opened"),
    "incident.reopened": _("incident reopened"),
    "incident.resolved": _("incident resolved"),
    "norm.at_risk": _("norm at risk"),
    "norm.breached": _("norm breached"),
    "test": _("test message"),
}

# From light to grave: a subscription takes what is at least as grave as it says.
SEVERITIES: dict[str, Promise] = {
    "info": _("information"),
    "warning": _("warning"),
    "critical": _("critical"),
}
