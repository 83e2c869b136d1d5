"""Words of a report's workbook in the reader's language: heads of columns, and values that are words of ours."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beheer.ui.words import VERDICTS

HEADS: dict[str, Promise] = {
    "norm": _("Norm"),
    "service": _("Service"),
    "services": _("Services"),
    "from": _("From"),
    "until": _("Until"),
    "target": _("Target"),
    "verdict": _("Verdict"),
    "value": _("Adjusted"),
    "value_total": _("Total"),
    "band_low": _("Band, lowest"),
    "band_high": _("Band, highest"),
    "counted_s": _("Counted (s)"),
    "lost_s": _("Lost (s)"),
    "allowed_s": _("Allowed (s)"),
    "outages": _("Outages"),
    "longest_s": _("Longest outage (s)"),
    "up_s": _("Up (s)"),
    "degraded_s": _("Degraded (s)"),
    "down_s": _("Down (s)"),
    "no_data_s": _("No data (s)"),
    "excluded_s": _("Excluded (s)"),
    "outside_s": _("Outside service time (s)"),
    "is_short": _("Too short to count"),
    "cause": _("Cause"),
    "work": _("Work item"),
    "measure": _("Measure taken"),
    "measures": _("Measures"),
    "owner": _("Owner"),
    "reason": _("Reason"),
    "author": _("Author"),
    "approved_by": _("Approved by"),
    "announced": _("Announced"),
    "kind": _("Kind"),
    "text": _("Text"),
    "makes": _("Counts as"),
}

VALUES: dict[str, Mapping[str, Promise]] = {
    "verdict": VERDICTS,
    "is_short": {"true": _("yes"), "false": _("no")},
}
