"""Forms for agreements and norms."""

from __future__ import annotations

from typing import Any

import yaml
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beheer.catalogue.models import Customer
from beheer.lib.documents import load
from beheer.lib.errors import DocumentError
from beheer.service_levels.actions.agreements import AgreementDraft, NormDraft
from beheer.service_levels.forms.fields import TargetField, services_field
from beheer.service_levels.indicators import INDICATORS
from beheer.service_levels.models import Agreement, AgreementStatus, Calendar, Norm, ReportPeriod
from beheer.service_levels.norm_texts import DEFAULTS, only_changed
from beheer.service_levels.words import RULES
from beheer.ui.forms import DateInput
from beheer.ui.sentences import problems_told


class AgreementForm(forms.Form):
    """An agreement with a customer."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)
    key = forms.SlugField(
        label=gettext_lazy("Key"), help_text=gettext_lazy("Short name, used in files and addresses.")
    )
    customer = forms.ModelChoiceField(Customer.objects.order_by("name"), label=gettext_lazy("Customer"))
    services = services_field(gettext_lazy("Services"))
    calendar = forms.ModelChoiceField(
        Calendar.objects.order_by("name"),
        label=gettext_lazy("Calendar"),
        help_text=gettext_lazy("The hours in which the services are due."),
    )
    timezone = forms.CharField(label=gettext_lazy("Time zone of its periods"), initial="Europe/Amsterdam")
    starts_on = forms.DateField(label=gettext_lazy("Begins on"), widget=DateInput())
    ends_on = forms.DateField(
        label=gettext_lazy("Ends on"),
        required=False,
        widget=DateInput(),
        help_text=gettext_lazy("The last day. Empty: no end is agreed."),
    )
    status = forms.ChoiceField(
        label=gettext_lazy("Status"), choices=AgreementStatus.choices, initial="active"
    )
    report_period = forms.ChoiceField(
        label=gettext_lazy("A report each"), choices=ReportPeriod.choices, initial="month", required=False
    )
    report_delay_days = forms.IntegerField(
        label=gettext_lazy("Sealed after (days)"), min_value=0, max_value=90, initial=5
    )
    report_language = forms.ChoiceField(
        label=gettext_lazy("Language of its reports"),
        choices=[("nl", gettext_lazy("Dutch")), ("en", gettext_lazy("English"))],
    )
    report_recipients = forms.CharField(
        label=gettext_lazy("Reports are sent to"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("E-mail addresses, one a line."),
    )
    field_groups = (
        (gettext_lazy("Agreement"), ("name", "key", "customer", "services", "status")),
        (gettext_lazy("Time"), ("calendar", "timezone", "starts_on", "ends_on")),
        (
            gettext_lazy("Reports"),
            ("report_period", "report_delay_days", "report_language", "report_recipients"),
        ),
    )

    def __init__(self, *args: Any, agreement: Agreement | None, **kwargs: Any) -> None:
        self.agreement = agreement
        if agreement is not None:
            names = [name for name in self.base_fields if name != "services"]
            values = {name: getattr(agreement, name) for name in names}
            kwargs["initial"] = {**values, "services": agreement.services.all()}
        super().__init__(*args, **kwargs)

    def draft(self) -> AgreementDraft:
        """What was filled in."""
        values = {**self.cleaned_data, "services": list(self.cleaned_data["services"])}
        return AgreementDraft(**values, is_simulated=bool(self.agreement and self.agreement.is_simulated))


def _rule_field(rule: str) -> forms.Field:
    """The field for an accounting rule: a choice where it has a fixed set of values."""
    words = RULES[rule]
    if words.values and rule != "degraded":
        return forms.ChoiceField(
            label=words.title, help_text=words.question, choices=list(words.values.items()), required=False
        )
    hints = {
        "degraded": gettext_lazy("as_up, as_down, or a weight from 0 to 1."),
        "planned_notice": gettext_lazy("A duration such as 48h; 0s: none needed."),
        "min_outage": gettext_lazy("A duration such as 5m; 0s: none is left out."),
    }
    return forms.CharField(label=words.title, help_text=hints[rule], required=False)


class NormForm(forms.Form):
    """A norm of an agreement. The accounting rules have a field each."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=150)
    key = forms.SlugField(
        label=gettext_lazy("Key"), help_text=gettext_lazy("Short name within the agreement.")
    )
    indicator = forms.ChoiceField(label=gettext_lazy("Indicator"), initial="availability")
    target = TargetField(label=gettext_lazy("Target"))
    period = forms.CharField(
        label=gettext_lazy("Period"),
        initial="month",
        help_text=gettext_lazy("day, week, month, quarter, year, or rolling 90d."),
    )
    services = services_field(
        gettext_lazy("Services"),
        required=False,
        help_text=gettext_lazy("None: all services of the agreement."),
    )
    settings = forms.CharField(
        label=gettext_lazy("Settings"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "code", "spellcheck": "false"}),
        help_text=gettext_lazy("YAML, as the reference of the indicator says; empty for availability."),
    )

    def __init__(self, *args: Any, agreement: Agreement, norm: Norm | None, **kwargs: Any) -> None:
        if norm is not None:
            kwargs["initial"] = {
                **{name: getattr(norm, name) for name in ("name", "key", "indicator", "period")},
                "target": repr(norm.target),
                "services": norm.services.all(),
                "settings": yaml.safe_dump(norm.settings, allow_unicode=True) if norm.settings else "",
            }
        super().__init__(*args, **kwargs)
        rules = {**DEFAULTS, **(norm.rules if norm else {})}
        choice = self.fields["indicator"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(one.key, one.title) for one in INDICATORS.values()]
        chosen = self.fields["services"]
        assert isinstance(chosen, forms.ModelMultipleChoiceField)
        chosen.queryset = agreement.services.order_by("name")
        for rule in RULES:
            self.fields[rule] = _rule_field(rule)
            self.fields[rule].initial = rules[rule]
        self.field_groups = (
            (gettext_lazy("Norm"), ("name", "key", "indicator", "target", "period", "services", "settings")),
            (gettext_lazy("How it is counted"), tuple(RULES)),
        )

    def clean_settings(self) -> dict[str, Any]:
        """The settings as plain values."""
        text = self.cleaned_data["settings"]
        try:
            value = load(text).value if text.strip() else {}
        except DocumentError as error:
            raise forms.ValidationError(problems_told(error)) from error
        if not isinstance(value, dict):
            raise forms.ValidationError(_("Write a name, a colon and a value on each line."))
        return value

    def draft(self) -> NormDraft:
        """What was filled in. Raises: InputError where a rule cannot be read."""
        values = self.cleaned_data
        rules = {rule: values[rule] for rule in RULES if values.get(rule)}
        return NormDraft(
            key=values["key"],
            name=values["name"],
            target=values["target"],
            indicator=values["indicator"],
            services=list(values["services"]),
            settings=values["settings"],
            period=values["period"],
            rules=only_changed(rules),
        )


class OpenSloForm(forms.Form):
    """A file of OpenSLO documents; `text` is what stands in it."""

    file = forms.FileField(
        label=gettext_lazy("OpenSLO file"),
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml"}),
        help_text=gettext_lazy("YAML with documents of kind SLO, as openslo/v1."),
    )

    def clean(self) -> dict[str, Any]:
        """Read the file as text."""
        given = super().clean() or {}
        if "file" in given:
            try:
                given["text"] = given["file"].read().decode("utf-8-sig")
            except UnicodeDecodeError:
                self.add_error("file", _("This is no text in UTF-8. Save it as YAML in UTF-8."))
        return given
