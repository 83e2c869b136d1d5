"""Fields that more than one form of this room has."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beheer.catalogue.models import Service
from beheer.lib.durations import SECOND, parse_duration
from beheer.lib.errors import InputError
from beheer.ui.forms import DateTimeInput


class TargetField(forms.CharField):
    """A target: a number, a percentage with its sign, or a duration with its unit. Cleans to a float."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault(
            "help_text",
            gettext_lazy("“99.9 %” or 0.999 for a share; 30m or 400ms for a duration; else a number."),
        )
        super().__init__(**kwargs)

    def clean(self, value: Any) -> float:
        """The target as a number. Raises: ValidationError."""
        text = str(super().clean(value)).replace(",", ".").replace("\u00a0", " ").strip()
        with suppress(ValueError, ZeroDivisionError):
            exact = Fraction(text.rstrip("% "))
            return float(exact / 100 if text.endswith("%") else exact)
        with suppress(InputError):
            return parse_duration(text) / SECOND
        raise forms.ValidationError(_("Write a number such as 99.9 % or 0.999, or a duration such as 30m."))


def instant_field(label: Any, *, required: bool = True, help_text: Any = "") -> forms.DateTimeField:
    """An instant, in the zone of the screen."""
    return forms.DateTimeField(label=label, required=required, help_text=help_text, widget=DateTimeInput())


def services_field(
    label: Any, *, required: bool = True, help_text: Any = ""
) -> forms.ModelMultipleChoiceField[Service]:
    """Some services of the catalogue."""
    services = Service.objects.filter(retired_on=None).order_by("name")
    return forms.ModelMultipleChoiceField(services, label=label, required=required, help_text=help_text)
