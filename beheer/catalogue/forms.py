"""Forms of the catalogue."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.fields import service_field, services_field
from beheer.catalogue.models import ConfigurationItem, Customer, Effect, Service
from beheer.ui.forms import DateInput


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]  # only stubs can be subscripted
    """A customer."""

    class Meta:
        model = Customer
        fields = ["key", "name", "contact", "email"]


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]  # only stubs can be subscripted
    """A service, without its needs."""

    field_groups = [
        (_("What it is"), ["key", "name", "description", "is_public"]),
        (_("How much it matters"), ["criticality", "users_served", "customers"]),
        (_("Who looks after it"), ["owner", "team"]),
    ]

    class Meta:
        model = Service
        fields = [
            "key",
            "name",
            "description",
            "criticality",
            "users_served",
            "owner",
            "team",
            "customers",
            "is_public",
        ]
        widgets = {"customers": forms.CheckboxSelectMultiple}

    def service_values(self) -> dict[str, Any]:
        """What goes on the service itself."""
        return {name: value for name, value in self.cleaned_data.items() if name != "customers"}


class ItemForm(forms.ModelForm):  # type: ignore[type-arg]  # only stubs can be subscripted
    """A configuration item."""

    class Meta:
        model = ConfigurationItem
        fields = ["key", "name", "kind", "address", "service"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"] = service_field(
            Service.objects.filter(retired_on=None), label=_("part of service").capitalize(), required=False
        )


def without_key(form: forms.ModelForm[Any]) -> None:
    """Take the key out of a form that changes something: files and addresses hold on to it."""
    del form.fields["key"]


class NeedForm(forms.Form):
    """Another service that is needed."""

    effect = forms.ChoiceField(label=_("When it is down"), choices=Effect.choices)
    field_order = ["needs", "effect"]

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["needs"] = service_field(_others(service), label=_("Service that is needed"))
        self.order_fields(self.field_order)


class GroupForm(forms.Form):
    """A redundancy group."""

    form = forms.CharField(widget=forms.HiddenInput, initial="group", required=False)
    name = forms.CharField(
        label=_("Name of the group"), max_length=80, help_text=_("Web servers, for example.")
    )
    needed = forms.IntegerField(label=_("How many must be up"), min_value=1, initial=1)
    effect = forms.ChoiceField(label=_("When fewer are up"), choices=Effect.choices)
    field_order = ["name", "of", "needed", "effect"]

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["of"] = services_field(_others(service), label=_("Services that stand in for each other"))
        self.order_fields(self.field_order)


class RetireForm(forms.Form):
    """The day on which a service goes out of use."""

    on = forms.DateField(label=_("Last day of use"), widget=DateInput())


def _others(service: Service) -> Any:
    """What a service may still come to need."""
    taken = service.dependencies.values("needs")
    return Service.objects.filter(retired_on=None).exclude(pk=service.pk).exclude(pk__in=taken)
