"""The forms for findings and conclusions, and for the measures that they start."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language, gettext_lazy

from beheer.catalogue.models import Service
from beheer.people.models import User
from beheer.service_levels.actions.findings import MeasureDraft, prefilled
from beheer.service_levels.forms.fields import instant_field
from beheer.service_levels.models import Finding
from beheer.ui.forms import DateInput
from beheer.work.definitions import current_kinds

OPENED = ("improvement", "problem", "maintenance")
"""Kinds of work that a finding starts; one that the institution does not have is not offered."""


class FindingForm(forms.Form):
    """A finding or conclusion."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Finding.Kind.choices)
    text = forms.CharField(label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 4}))
    starts_measure = forms.BooleanField(label=gettext_lazy("Then start a measure for it"), required=False)


class WorkMeasureForm(forms.Form):
    """A measure that becomes an item of work, filled in from its finding."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind of work"))
    title = forms.CharField(label=gettext_lazy("Title"), max_length=250)
    description = forms.CharField(
        label=gettext_lazy("Description"), widget=forms.Textarea(attrs={"rows": 5}), required=False
    )
    service = forms.ModelChoiceField(
        Service.objects.order_by("name"), label=gettext_lazy("Service"), required=False
    )
    assignee = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("username"), label=gettext_lazy("Owner"), required=False
    )
    due_on = forms.DateField(label=gettext_lazy("Ready on"), required=False, widget=DateInput())
    planned_start = instant_field(
        gettext_lazy("Starts"), required=False, help_text=gettext_lazy("For maintenance: when it is done.")
    )
    planned_end = instant_field(gettext_lazy("Ends"), required=False)
    field_groups = (
        (gettext_lazy("What is done"), ("kind", "title", "description", "service")),
        (gettext_lazy("By whom and when"), ("assignee", "due_on", "planned_start", "planned_end")),
    )

    def __init__(self, *args: Any, finding: Finding, **kwargs: Any) -> None:
        kwargs["initial"] = prefilled(finding)
        super().__init__(*args, **kwargs)
        kinds, language = current_kinds(), get_language() or "en"
        service, kind = self.fields["service"], self.fields["kind"]
        assert isinstance(service, forms.ModelChoiceField)
        assert isinstance(kind, forms.ChoiceField)
        service.queryset = finding.agreement.services.order_by("name")
        kind.choices = [(key, kinds[key].name.text(language)) for key in OPENED if key in kinds]

    def values(self) -> dict[str, Any]:
        """The fields of the item."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("kind", "due_on")}


class PlainMeasureForm(forms.Form):
    """A measure for which there is work already, here or elsewhere, or that is only said."""

    text = forms.CharField(
        label=gettext_lazy("Measure taken"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Empty: the title of the work item."),
    )
    work_item = forms.CharField(label=gettext_lazy("Work item"), required=False, max_length=40)
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("username"), label=gettext_lazy("Owner"), required=False
    )
    due_on = forms.DateField(label=gettext_lazy("Ready on"), required=False, widget=DateInput())

    def draft(self) -> MeasureDraft:
        """The measure that was filled in."""
        values = self.cleaned_data
        return MeasureDraft(values["text"], values["owner"], values["due_on"], values["work_item"])
