"""What ICT users fill in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import Service
from beheer.work.kinds.schema import FieldSpec, Kind
from beheer.work.request_models.answers import MOST_FILES
from beheer.work.request_models.forms import FilesField


class ReportForm(forms.Form):
    """Report a disturbance or ask for something; with the fields that the kind adds for whoever opens it."""

    service = forms.ModelChoiceField(
        queryset=Service.objects.none(), label=_("Which service is it about?"), to_field_name="key"
    )
    title = forms.CharField(label=_("In a few words"), max_length=250)
    description = forms.CharField(
        label=_("What is the matter?"),
        widget=forms.Textarea(attrs={"rows": 6}),
        max_length=20_000,
        help_text=_("What did you do, what happened, and what had you expected? The exact message helps."),
    )
    urgency = forms.TypedChoiceField(
        label=_("Can you go on working?"),
        coerce=int,
        initial=2,
        choices=[(3, _("Yes, it can wait")), (2, _("With difficulty")), (1, _("No, I am at a standstill"))],
    )

    attachments = FilesField(
        label=_("Files, such as a picture of the screen"), required=False, least=None, most=MOST_FILES
    )

    def __init__(self, kind: Kind, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = self.fields["service"]
        assert isinstance(services, forms.ModelChoiceField)
        services.queryset = Service.objects.filter(is_public=True, retired_on=None)
        self.own = {name: spec for name, spec in kind.fields.items() if name in kind.create}
        for name, spec in self.own.items():
            self.fields[name] = _field(spec, is_required=kind.create[name] == "required")

    def values(self) -> dict[str, Any]:
        """What was filled in, as the action takes it."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name != "attachments" and value not in (None, "")
        }


def _field(spec: FieldSpec, *, is_required: bool) -> forms.Field:
    """The form field of a field that a kind adds."""
    language = get_language() or "en"
    shared: dict[str, Any] = {
        "label": spec.name.text(language),
        "required": is_required,
        "help_text": spec.help.text(language) if spec.help else "",
    }
    if spec.type == "choice":
        choices = [("", "–"), *((key, words.text(language)) for key, words in spec.choices.items())]
        return forms.ChoiceField(choices=choices, **shared)
    if spec.type == "day":
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}), **shared)
    if spec.type == "number":
        return forms.DecimalField(**shared)
    if spec.type == "yes_no":
        return forms.BooleanField(**{**shared, "required": False})
    return forms.CharField(
        max_length=5_000, widget=forms.Textarea if spec.type == "long_text" else forms.TextInput, **shared
    )


class AnswerForm(forms.Form):
    """Write to those who do the work."""

    text = forms.CharField(
        label=_("Your message"), widget=forms.Textarea(attrs={"rows": 4}), max_length=20_000
    )
    attachments = FilesField(label=_("Files"), required=False, least=None, most=MOST_FILES)


class ReopenForm(forms.Form):
    """Say what is still wrong."""

    comment = forms.CharField(
        label=_("What is still wrong?"), widget=forms.Textarea(attrs={"rows": 3}), max_length=5_000
    )
