"""The form for findings and conclusions."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from beheer.people.models import User
from beheer.service_levels.actions.reports import MeasureDraft
from beheer.service_levels.models import Finding
from beheer.ui.forms import DateInput


class FindingForm(forms.Form):
    """A finding or conclusion, with the measure it starts, if any."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Finding.Kind.choices)
    text = forms.CharField(label=gettext_lazy("Text"), widget=forms.Textarea(attrs={"rows": 4}))
    measure = forms.CharField(label=gettext_lazy("Measure taken"), required=False, max_length=300)
    owner = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("username"), label=gettext_lazy("Owner"), required=False
    )
    due_on = forms.DateField(label=gettext_lazy("Ready on"), required=False, widget=DateInput())
    work_item = forms.CharField(label=gettext_lazy("Work item"), required=False, max_length=40)
    field_groups = (
        (gettext_lazy("What was found"), ("kind", "text")),
        (gettext_lazy("The measure it starts"), ("measure", "owner", "due_on", "work_item")),
    )

    def measures(self) -> list[MeasureDraft]:
        """The measure that was filled in, if any."""
        values = self.cleaned_data
        if not values["measure"]:
            return []
        return [MeasureDraft(values["measure"], values["owner"], values["due_on"], values["work_item"])]
