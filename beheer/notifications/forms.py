"""Forms of notifications."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.fields import services_field
from beheer.catalogue.models import Service
from beheer.notifications.channels import KINDS
from beheer.notifications.events import EVENTS, SEVERITIES
from beheer.notifications.models import Channel, Subscription
from beheer.ui.forms import TimeInput


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]  # only stubs can be subscripted
    """A channel of any kind; fields of other kinds are left empty."""

    field_groups = [
        (_("What it is"), ["key", "name", "kind", "is_enabled"]),
        (_("Where it goes"), ["to", "user", "url", "secret"]),
        (_("How it reads"), ["language"]),
        (_("When it may go"), ["gather_s", "quiet_from", "quiet_until", "critical_passes"]),
    ]
    to = forms.CharField(
        label=_("E-mail addresses"), required=False, help_text=_("With commas between; for kind e-mail.")
    )
    url = forms.CharField(
        label=_("Web address"), required=False, help_text=_("Where the JSON is sent; for kind webhook.")
    )
    secret = forms.CharField(
        label=_("Secret to sign with"),
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("Empty: one is made, or the one there is stays. It is never shown again."),
    )

    class Meta:
        model = Channel
        fields = [
            "key", "name", "kind", "is_enabled", "user", "language", "gather_s",
            "quiet_from", "quiet_until", "critical_passes",
        ]  # fmt: skip
        widgets = {
            "kind": forms.Select(choices=[(key, kind.title) for key, kind in KINDS.items()]),
            "quiet_from": TimeInput(),
            "quiet_until": TimeInput(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settings = self.instance.settings if self.instance.pk else {}
        self.initial["to"] = ", ".join(settings.get("to", []))
        self.initial["url"] = settings.get("url", "")

    def values(self) -> dict[str, Any]:
        """Fields of Channel."""
        names = [name for name in self.cleaned_data if name not in {"to", "url", "secret"}]
        values = {name: self.cleaned_data[name] for name in names}
        kind = values.get("kind", self.instance.kind)
        field = "to" if kind == "email" else "url"
        return {**values, "settings": {field: self.cleaned_data[field]}}


class SubscriptionForm(forms.ModelForm):  # type: ignore[type-arg]  # only stubs can be subscripted
    """What a channel is told about."""

    events = forms.MultipleChoiceField(
        label=_("Events"),
        required=False,
        choices=[(key, word) for key, word in EVENTS.items() if key != "test"],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all of them."),
    )
    least_severity = forms.ChoiceField(label=_("At least"), choices=list(SEVERITIES.items()))

    class Meta:
        model = Subscription
        fields = ["events", "least_severity", "services", "teams"]
        widgets = {"teams": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["services"] = services_field(
            Service.objects.filter(retired_on=None),
            label=_("Services"),
            required=False,
            help_text=_(
                "None chosen, here and under teams: all of them. Where there are many: keys with commas."
            ),
        )


class OwnForm(forms.Form):
    """What somebody wants to be told about by mail, and when not."""

    is_enabled = forms.BooleanField(label=_("Send me mail"), required=False)
    quiet_from = forms.TimeField(label=_("Quiet from"), required=False, widget=TimeInput())
    quiet_until = forms.TimeField(label=_("Quiet until"), required=False, widget=TimeInput())
    critical_passes = forms.BooleanField(
        label=_("Critical messages pass in quiet hours"), required=False, initial=True
    )
