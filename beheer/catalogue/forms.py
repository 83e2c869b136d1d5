"""Forms of the catalogue."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

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


def without_key(form: forms.ModelForm[Any]) -> None:
    """Take the key out of a form that changes something: files and addresses hold on to it."""
    del form.fields["key"]


class NeedForm(forms.Form):
    """Another service that is needed."""

    needs = forms.ModelChoiceField(label=_("Service that is needed"), queryset=Service.objects.none())
    effect = forms.ChoiceField(label=_("When it is down"), choices=Effect.choices)

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["needs"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = _others(service)


class GroupForm(forms.Form):
    """A redundancy group."""

    name = forms.CharField(
        label=_("Name of the group"), max_length=80, help_text=_("Web servers, for example.")
    )
    of = forms.ModelMultipleChoiceField(
        label=_("Services that stand in for each other"),
        queryset=Service.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )
    needed = forms.IntegerField(label=_("How many must be up"), min_value=1, initial=1)
    effect = forms.ChoiceField(label=_("When fewer are up"), choices=Effect.choices)

    def __init__(self, *args: Any, service: Service, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["of"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = _others(service)


class RetireForm(forms.Form):
    """The day on which a service goes out of use."""

    on = forms.DateField(label=_("Last day of use"), widget=DateInput())


def _others(service: Service) -> Any:
    """What a service may still come to need."""
    taken = service.dependencies.values("needs")
    return Service.objects.filter(retired_on=None).exclude(pk=service.pk).exclude(pk__in=taken)
