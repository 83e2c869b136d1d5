"""What a version of a report says otherwise than the one before it, in words for a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from beheer.monitoring.said import said
from beheer.service_levels.indicators import INDICATORS
from beheer.service_levels.report_rules import STATES_CAME_LATE
from beheer.service_levels.words import figure_text
from beheer.ui.formats import NO_VALUE, day_text, duration_text, instant_text
from beheer.ui.words import VERDICTS

DifferenceRow = tuple[str, str, str, str, str]


def difference_rows(differences: list[dict[str, Any]], content: Mapping[str, Any]) -> list[DifferenceRow]:
    """What, subject, before, after, reason of each; `content` is that of the version.

    Instants are told in the zone that is active.
    """
    told = _Told(content)
    return [told.row(one) for one in differences]


class _Told:
    """Tells differences by the names in a report."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self.norms = {norm["key"]: norm for norm in content["norms"]}
        self.settings = {row["key"]: row["settings"] for row in content["definitions"]}
        self.services = {row["key"]: row["name"] for row in content["agreement"]["services"]}

    def row(self, one: Mapping[str, Any]) -> DifferenceRow:
        """One difference in words."""
        words = {
            "figure": _("figure"),
            "correction": _("correction"),
            "window": _("planned window"),
            "outage": _("outage"),
            "finding": _("finding"),
        }
        is_figure = one["what"] == "figure"
        subject = self._figure_of(one["subject"]) if is_figure else self._fact(one)
        before, after = (self._side(one, side) for side in ("before", "after"))
        return words[one["what"]], subject, before, after, _reason(one)

    def _figure_of(self, subject: str) -> str:
        """Norm, service and the day on which the period begins."""
        key, *service, since = subject.split(" / ")
        name = self.norms[key]["name"] if key in self.norms else key
        return " · ".join([name, *(self.services.get(one, one) for one in service), _day(since)])

    def _fact(self, one: Mapping[str, Any]) -> str:
        """Service and time of a correction, window or outage; of a finding its author."""
        row = one["after"] or one["before"]
        if one["what"] == "finding":
            return row["author"] or NO_VALUE
        keys = row["services"] if "services" in row else [row["service"]]
        names = ", ".join(self.services.get(key, key) for key in keys)
        until = instant_text(datetime.fromisoformat(row["until"])) if row["until"] else _("goes on")
        return f"{names} · {instant_text(datetime.fromisoformat(row['from']))} – {until}"

    def _side(self, one: Mapping[str, Any], side: str) -> str:
        value = one[side]
        if value is None:
            return NO_VALUE
        if one["what"] == "figure":
            return f"{self._number(one['subject'], value['value'])}, {VERDICTS[value['verdict']]}"
        return _outage(value) if one["what"] == "outage" else _("there")

    def _number(self, subject: str, value: float | None) -> str:
        norm = self.norms.get(subject.split(" / ")[0])
        if norm is None:
            return NO_VALUE if value is None else f"{value:g}"
        better = INDICATORS[norm["indicator"]].better(self.settings[norm["key"]])
        return figure_text(norm["unit"], better, value)


def _outage(row: Mapping[str, Any]) -> str:
    """How long an outage counts, and the work on it."""
    length = _("too short to count") if row["is_short"] else duration_text(row["down_us"] / 1e6)
    return ", ".join([length, *(item["number"] for item in row["work"])])


def _day(instant: str) -> str:
    return day_text(timezone.localtime(datetime.fromisoformat(instant)).date())


def _reason(row: Mapping[str, Any]) -> str:
    """Why a version says something otherwise: what people wrote, or what was found, in the reader's language."""
    if row["reason"] == STATES_CAME_LATE:
        return _("states were recorded after the cut-off")
    return said(row["reason"]) if row["what"] == "outage" else str(row["reason"])
