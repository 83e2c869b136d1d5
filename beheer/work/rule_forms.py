"""Forms for targets of clocks and for rules of outages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from beheer.catalogue.models import Customer, Service
from beheer.lib.durations import SECOND, format_duration, parse_duration
from beheer.lib.errors import InputError
from beheer.people.models import Team
from beheer.work.actions.service_rules import ServiceRuleDraft
from beheer.work.actions.targets import TargetDraft
from beheer.work.definitions import current_kinds, table


class Within(forms.CharField):
    """A length of time such as 4h; gives seconds, None where it is empty."""

    def clean(self, value: Any) -> int | None:
        """Read it, or say what is wrong."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_duration(text) // SECOND
        except InputError as error:
            raise forms.ValidationError(_("Write a length of time such as 4h, 30m or 2d.")) from error


def written(seconds: int | None) -> str:
    """A length of time as `Within` reads it."""
    return "" if seconds is None else format_duration(seconds * SECOND)


class TargetForm(forms.Form):
    """A target for a clock of a kind: for a priority, a service, a customer, or all."""

    clock = forms.ChoiceField(label=gettext_lazy("Kind and clock"))
    priority = forms.TypedChoiceField(
        label=gettext_lazy("Priority"), required=False, coerce=int, empty_value=None
    )
    service = forms.ModelChoiceField(
        Service.objects.order_by("name"), label=gettext_lazy("Service"), required=False
    )
    customer = forms.ModelChoiceField(
        Customer.objects.order_by("name"), label=gettext_lazy("Customer"), required=False
    )
    within = Within(
        label=gettext_lazy("Within"),
        required=False,
        help_text=gettext_lazy("Such as 30m, 4h or 2d. Empty: no target holds there."),
    )
    calendar = forms.ChoiceField(label=gettext_lazy("Hours that count"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        self._choose(
            "clock",
            [
                (f"{key}.{clock}", f"{kind.name.text(language)}: {spec.name.text(language)}")
                for key, kind in current_kinds().items()
                for clock, spec in kind.clocks.items()
            ],
        )
        self._choose("priority", [("", _("any")), *((str(n), str(n)) for n in range(1, 6))])
        names = [(name, name) for name in sorted({*table().calendars, "24x7"}) if ":" not in name]
        self._choose("calendar", [("", _("those of the table of priorities")), *names])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def draft(self) -> TargetDraft:
        """What was filled in."""
        given = self.cleaned_data
        kind, clock = given["clock"].split(".", 1)
        return TargetDraft(
            kind=kind,
            clock=clock,
            target_s=given["within"],
            priority=given["priority"],
            service=given["service"],
            customer=given["customer"],
            calendar=given["calendar"],
        )


class ServiceRuleForm(forms.Form):
    """How outages of a service are answered, where that differs from the kind."""

    service = forms.ModelChoiceField(Service.objects.order_by("name"), label=gettext_lazy("Service"))
    opens_incidents = forms.BooleanField(
        label=gettext_lazy("An outage opens an incident"), required=False, initial=True
    )
    when_back = forms.ChoiceField(
        label=gettext_lazy("When the service is back"),
        required=False,
        choices=[
            ("", gettext_lazy("as the kind says")),
            ("resolve", gettext_lazy("resolve the incident")),
            ("ask", gettext_lazy("ask for closure")),
        ],
    )
    reopen_within = Within(
        label=gettext_lazy("Reopens when it is away again within"),
        required=False,
        help_text=gettext_lazy("Such as 30m. Empty: as the kind says."),
    )
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"),
        label=gettext_lazy("Team"),
        required=False,
        help_text=gettext_lazy("Empty: the team of the service."),
    )

    def draft(self) -> ServiceRuleDraft:
        """What was filled in."""
        given = self.cleaned_data
        return ServiceRuleDraft(
            given["opens_incidents"], given["when_back"], given["reopen_within"], given["team"]
        )
