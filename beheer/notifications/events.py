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
    "work.assigned": _("assigned to you"),
    "work.approval_asked": _("your approval is asked"),
    "work.mentioned": _("you are mentioned"),
    "work.followed": _("news of what you follow"),
    "test": _("test message"),
}

# What concerns somebody personally: told to the persons concerned alone, by channels of their own.
PERSONAL = frozenset({"work.assigned", "work.approval_asked", "work.mentioned", "work.followed"})

# From light to grave: a subscription takes what is at least as grave as it says.
SEVERITIES: dict[str, Promise] = {
    "info": _("information"),
    "warning": _("warning"),
    "critical": _("critical"),
}
