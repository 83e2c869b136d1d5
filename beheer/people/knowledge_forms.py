"""Forms for what somebody knows, and when they are away."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beheer.people.models import KnowledgeLevel
from beheer.people.scopes import services
from beheer.ui.forms import DateInput

LONGEST_LIST = 500


class KnowledgeForm(forms.Form):
    """A service and how well somebody knows it."""

    service = forms.CharField(label=_("Service"), help_text=_("Its key."))
    level = forms.TypedChoiceField(
        label=_("How well"), coerce=int, choices=[*KnowledgeLevel.choices, (0, _("not any more"))]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = services(most=LONGEST_LIST + 1)
        if len(found) <= LONGEST_LIST:
            choices = [(key, name) for _pk, key, name in sorted(found, key=lambda one: one[2])]
            self.fields["service"] = forms.ChoiceField(label=_("Service"), choices=choices)

    def clean_service(self) -> int:
        """The id of the service."""
        found = services(key=self.cleaned_data["service"])
        if not found:
            raise forms.ValidationError(_("There is no such service. Check its key."))
        return found[0][0]


class AbsenceForm(forms.Form):
    """From which day up to and including which somebody is away."""

    starts_on = forms.DateField(label=_("From"), widget=DateInput())
    ends_on = forms.DateField(label=_("Up to and including"), widget=DateInput())
