"""Forms for planned windows, corrections and calendars."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from beheer.catalogue.models import Customer, Service
from beheer.lib.calendar_files import zone_problem
from beheer.service_levels.actions.windows import WindowDraft
from beheer.service_levels.forms.fields import instant_field, services_field
from beheer.service_levels.models import Calendar, Makes, PlannedWindow
from beheer.service_levels.models.deviations import LONGEST_RECURRENCE
from beheer.service_levels.recurrence import at_another_time
from beheer.ui.forms import DateInput


class WindowForm(forms.Form):
    """A planned window."""

    reason = forms.CharField(label=gettext_lazy("What is done"), max_length=300)
    services = services_field(gettext_lazy("Services"))
    starts_at = instant_field(gettext_lazy("Starts"))
    ends_at = instant_field(gettext_lazy("Ends"))
    recurrence = forms.CharField(
        label=gettext_lazy("Recurs"),
        required=False,
        max_length=LONGEST_RECURRENCE,
        help_text=gettext_lazy(
            "RFC 5545: FREQ=WEEKLY;BYDAY=SU each Sunday, FREQ=MONTHLY;BYDAY=2TU each second Tuesday. "
            "A space and RDATE:20271229T210000Z adds a start of its own."
        ),
    )
    timezone = forms.CharField(
        label=gettext_lazy("Time zone"),
        initial="Europe/Amsterdam",
        help_text=gettext_lazy("A recurring window keeps its local time in this zone."),
    )
    announced_at = instant_field(
        gettext_lazy("Announced"), required=False, help_text=gettext_lazy("Empty: now, by entering it here.")
    )
    notified = forms.ModelMultipleChoiceField(
        Customer.objects.order_by("name"), label=gettext_lazy("Customers who were told"), required=False
    )
    field_groups = (
        (gettext_lazy("What"), ("reason", "services")),
        (gettext_lazy("When"), ("starts_at", "ends_at", "recurrence", "timezone")),
        (gettext_lazy("Announcement"), ("announced_at", "notified")),
    )

    def __init__(self, *args: Any, window: PlannedWindow | None, **kwargs: Any) -> None:
        self.window = window
        if window is not None:
            plain = ("reason", "starts_at", "ends_at", "recurrence", "timezone", "announced_at")
            values = {name: getattr(window, name) for name in plain}
            kwargs["initial"] = {
                **values,
                "services": window.services.all(),
                "notified": window.notified.all(),
            }
        super().__init__(*args, **kwargs)

    def draft(self) -> WindowDraft:
        """What was filled in."""
        values = dict(self.cleaned_data)
        values["services"], values["notified"] = list(values["services"]), list(values["notified"])
        left_out = [datetime.fromisoformat(text) for text in self.window.left_out] if self.window else []
        if self.window and left_out and zone_problem(values["timezone"]) is None:
            times = self.window.starts_at, values["starts_at"]
            left_out = at_another_time(left_out, *times, values["timezone"])
        return WindowDraft(
            **values, left_out=left_out, is_simulated=bool(self.window and self.window.is_simulated)
        )


class WindowImportForm(forms.Form):
    """An iCalendar file with planned windows."""

    file = forms.FileField(
        label=gettext_lazy("iCalendar file"), widget=forms.FileInput(attrs={"accept": ".ics"})
    )
    services = services_field(
        gettext_lazy("Services"),
        required=False,
        help_text=gettext_lazy("For events that name none themselves by X-BEHEER-SERVICES."),
    )
    timezone = forms.CharField(
        label=gettext_lazy("Time zone of times that name none"), initial="Europe/Amsterdam"
    )


class CorrectionForm(forms.Form):
    """A proposal that an interval counts otherwise."""

    service = forms.ModelChoiceField(Service.objects.order_by("name"), label=gettext_lazy("Service"))
    starts_at = instant_field(gettext_lazy("From"))
    ends_at = instant_field(gettext_lazy("Until"))
    makes = forms.ChoiceField(label=gettext_lazy("Counts as"), choices=Makes.choices)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=500,
        help_text=gettext_lazy("With the evidence: a log, a work item, a message of the supplier."),
    )


class DecisionForm(forms.Form):
    """Why something was approved or refused."""

    decision = forms.CharField(
        label=gettext_lazy("Reason of the decision"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )


class CalendarForm(forms.Form):
    """A calendar as its text."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)
    key = forms.SlugField(
        label=gettext_lazy("Key"), help_text=gettext_lazy("Short name, used in files and addresses.")
    )
    source = forms.CharField(
        label=gettext_lazy("Calendar"),
        widget=forms.Textarea(attrs={"rows": 14, "class": "code", "spellcheck": "false"}),
        help_text=gettext_lazy(
            "YAML: timezone, holidays, versions with valid_from and hours, closed, open. Or 24x7."
        ),
    )
    reason = forms.CharField(label=gettext_lazy("Reason of the change"), required=False, max_length=300)

    def __init__(self, *args: Any, calendar: Calendar | None, **kwargs: Any) -> None:
        if calendar is not None:
            kwargs["initial"] = {"name": calendar.name, "key": calendar.key, "source": calendar.source}
        super().__init__(*args, **kwargs)
        if calendar is not None:
            self.fields["key"].disabled = True


class VersionForm(forms.Form):
    """Other weekly hours from a day on."""

    valid_from = forms.DateField(label=gettext_lazy("Valid from"), widget=DateInput())
    hours = forms.CharField(
        label=gettext_lazy("Hours"),
        widget=forms.Textarea(attrs={"rows": 4, "class": "code", "spellcheck": "false"}),
        help_text=gettext_lazy("Days and hours on each line, such as “mon-fri: 08:00-18:00”."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason of the change"), required=False, max_length=300)

    def clean_hours(self) -> dict[str, str]:
        """Hours by days."""
        lines = [line.partition(":") for line in self.cleaned_data["hours"].splitlines() if line.strip()]
        return {days.strip(): hours.strip().strip('"') for days, _colon, hours in lines}
