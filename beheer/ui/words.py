"""What states, verdicts and outcomes are called on a screen; keys are those of code, data and API."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

STATES: dict[str, Promise] = {
    "up": _("Up"),
    "degraded": _("Degraded"),
    "down": _("Down"),
    "unknown": _("Unknown"),
}

VERDICTS: dict[str, Promise] = {
    "met": _("Met"),
    "at_risk": _("At risk"),
    "breached": _("Breached"),
    "no_data": _("No data"),
    "none": _("No norm"),
    "unjudged": _("Not judged yet"),
}

# The six classes: at every instant of a period exactly one of them holds.
CLASSES: dict[str, Promise] = {
    "up": _("Up"),
    "degraded": _("Degraded"),
    "down": _("Down"),
    "no_data": _("No data"),
    "excluded": _("Excluded"),
    "outside": _("Outside service time"),
}
