"""Form fields that choose services: by a list while that is short, by keys when there are thousands."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import Service

LONGEST_LIST = 200


class ServiceKeyField(forms.ModelChoiceField):  # type: ignore[type-arg]  # only stubs can be subscripted
    """One service, typed as its key."""

    widget = forms.TextInput

    def __init__(self, queryset: QuerySet[Service], **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("The key of the service."))
        super().__init__(queryset, to_field_name="key", **kwargs)
        self.error_messages["invalid_choice"] = _("There is no service “%(value)s” here. Check its key.")

    def prepare_value(self, value: Any) -> Any:
        """The key, where a service or its id is given."""
        if isinstance(value, int):
            return Service.objects.filter(pk=value).values_list("key", flat=True).first()
        return super().prepare_value(value)


class ServiceKeysField(forms.CharField):
    """Some services, typed as their keys. Gives a list of services."""

    def __init__(self, queryset: QuerySet[Service], **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("The keys of the services, with commas between."))
        super().__init__(**kwargs)
        self.queryset = queryset

    def clean(self, value: Any) -> Any:
        """The services with these keys."""
        keys = [key for key in re.split(r"[\s,;]+", super().clean(value) or "") if key]
        found = {service.key: service for service in self.queryset.filter(key__in=keys[:1000])}
        if missing := [key for key in keys if key not in found]:
            raise ValidationError(
                _("There is no service “%(value)s” here. Check its key."), params={"value": missing[0]}
            )
        return [found[key] for key in keys]


def service_field(queryset: QuerySet[Service], **kwargs: Any) -> forms.Field:
    """A field for one service of these."""
    if _is_long(queryset):
        return ServiceKeyField(queryset, **kwargs)
    return forms.ModelChoiceField(queryset, **kwargs)


def services_field(queryset: QuerySet[Service], **kwargs: Any) -> forms.Field:
    """A field for some services of these."""
    if _is_long(queryset):
        return ServiceKeysField(queryset, **kwargs)
    return forms.ModelMultipleChoiceField(queryset, widget=forms.CheckboxSelectMultiple, **kwargs)


def _is_long(queryset: QuerySet[Service]) -> bool:
    return queryset.order_by()[: LONGEST_LIST + 1].count() > LONGEST_LIST
