"""The form of a check: what every check has, and the settings of its kind, made from the kind's own model."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic.fields import FieldInfo

from beheer.catalogue.models import ConfigurationItem, Service
from beheer.lib.errors import InputError
from beheer.monitoring.actions.checks import KEPT, shown_settings
from beheer.monitoring.contract import Kind
from beheer.monitoring.labels import label_of
from beheer.monitoring.models import Agent, AlertSource, Check, CheckGroup
from beheer.monitoring.probes import KINDS, secret_fields
from beheer.ui.sentences import problem_told

OUTCOMES = ("down", "degraded", "unknown")
LONG_TEXTS = frozenset({"body", "ca_pem", "send", "expect"})
SETTINGS, CONDITIONS = "settings.", "conditions."


def settings_of(kind: Kind[Any]) -> list[tuple[str, FieldInfo]]:
    """The settings of a kind, by the names that files and the API use."""
    return [(info.alias or name, info) for name, info in kind.settings.model_fields.items()]


class KindForm(forms.Form):
    """Which kind a new check is of, and of which service."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), widget=forms.RadioSelect, choices=lambda: kind_choices()
    )


def kind_choices() -> list[tuple[str, str]]:
    """Kinds with what each does, in the reader's language."""
    return [(kind.key, f"{_(kind.title)}: {_(kind.summary)}") for kind in KINDS.values()]


class CheckForm(forms.ModelForm):  # type: ignore[type-arg]  # only stubs can be subscripted
    """A check of one kind. Fields of its settings are named `settings.…`, those of its conditions `conditions.…`."""

    class Meta:
        model = Check
        fields = [
            "name", "key", "service", "item", "group", "agent", "interval_s", "timeout_s", "confirm_after",
            "recover_after", "description",
        ]  # fmt: skip
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, kind: Kind[Any], *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.kind = kind
        if self.instance.pk:
            del self.fields["key"]
        self._limit_choices()
        told = shown_settings(self.instance) if self.instance.pk else {}
        hidden = secret_fields(kind)
        names = []
        for name, info in settings_of(kind):
            given = told.get(name, _default(info))
            self.fields[SETTINGS + name] = setting_field(name, info, given, is_secret=name in hidden)
            names.append(SETTINGS + name)
        for outcome in OUTCOMES:
            self.fields[CONDITIONS + outcome] = self._condition_field(outcome)
        self.field_groups = self._groups(names)

    def _limit_choices(self) -> None:
        """A service that is out of use is not offered; groups are those of the check's own service."""
        services = self.fields["service"]
        assert isinstance(services, forms.ModelChoiceField)
        services.queryset = Service.objects.filter(retired_on=None)
        groups = self.fields["group"]
        assert isinstance(groups, forms.ModelChoiceField)
        service = self.instance.service_id or getattr(self.initial.get("service"), "pk", None)
        groups.queryset = CheckGroup.objects.filter(service=service)
        if not groups.queryset.exists():
            del self.fields["group"]
        for name, model in (("item", ConfigurationItem), ("agent", Agent)):
            if not model._default_manager.exists():
                del self.fields[name]
        if self.kind.is_passive:
            for name in ("agent", "timeout_s"):
                self.fields.pop(name, None)

    def _condition_field(self, outcome: str) -> forms.CharField:
        own = self.instance.conditions.get(outcome) if self.instance.pk else None
        lines = self.kind.conditions.get(outcome, ()) if own is None else own
        labels = {
            "down": _("Down when one of these holds"),
            "degraded": _("Degraded when one of these holds"),
            "unknown": _("Says nothing when one of these holds"),
        }
        return forms.CharField(
            label=labels[outcome],
            required=False,
            initial="\n".join(lines),
            widget=forms.Textarea(attrs={"rows": max(2, len(lines) + 1), "spellcheck": "false"}),
            help_text=self._condition_help(outcome),
        )

    def _condition_help(self, outcome: str) -> str:
        if outcome != "down":
            return _("One condition a line.")
        names = ", ".join(f"{value.name}[…]" if value.each else value.name for value in self.kind.values)
        return _("One condition a line, such as “%(example)s”. Values: %(names)s.") % {
            "example": next((line for lines in self.kind.conditions.values() for line in lines), "x > 1"),
            "names": names,
        }

    def _groups(self, settings: list[str]) -> list[tuple[str, list[str]]]:
        conditions = [CONDITIONS + outcome for outcome in OUTCOMES]
        return [
            (_("What it is"), ["name", "key", "service", "item", "group"]),
            (_(self.kind.title), settings),
            (_("When it is not up"), conditions),
            (_("How often"), ["interval_s", "timeout_s", "confirm_after", "recover_after", "agent"]),
            (_("To know"), ["description"]),
        ]

    def values(self) -> dict[str, Any]:
        """What the action wants. Call it when the form is valid."""
        plain = {
            name: value
            for name, value in self.cleaned_data.items()
            if not name.startswith((SETTINGS, CONDITIONS))
        }
        return {**plain, "kind": self.kind.key, "settings": self.settings(), "conditions": self.conditions()}

    def settings(self) -> dict[str, Any]:
        """The settings that differ from their defaults."""
        found = {}
        for name, info in settings_of(self.kind):
            value = self.cleaned_data.get(SETTINGS + name)
            default = _default(info)
            if value in (None, "") and default in (None, ""):
                continue
            if value is None and not info.is_required():
                continue
            if _plain(value) != _plain(default) or info.is_required():
                found[name] = value
        return found

    def conditions(self) -> dict[str, list[str]]:
        """The conditions that differ from those of the kind."""
        found = {}
        for outcome in OUTCOMES:
            text: str = self.cleaned_data.get(CONDITIONS + outcome) or ""
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            if lines != list(self.kind.conditions.get(outcome, ())):
                found[outcome] = lines
        return found

    def add_problems(self, error: InputError) -> None:
        """Show what the action found wrong at the field it is about."""
        for problem in error.problems:
            name = problem.field
            while name and name not in self.fields:
                name = name.rpartition(".")[0]
            text = f"{problem_told(problem.message)} {problem_told(problem.remedy)}"
            self.add_error(name or None, text.strip())


def setting_field(name: str, info: FieldInfo, given: Any, *, is_secret: bool) -> forms.Field:
    """A field of a form for one setting, by its type."""
    common: dict[str, Any] = {
        "label": _label(name),
        "help_text": _(info.description) if info.description else "",
        "required": info.is_required(),
        "initial": given,
    }
    is_pairs = get_origin(_without_none(info.annotation)) is dict
    if is_secret and is_pairs:
        return SecretPairsField(**common)
    if is_secret:
        widget = forms.PasswordInput(render_value=True, attrs={"autocomplete": "new-password"})
        if given == KEPT:
            common["help_text"] += " " + _("Leave it as it is to keep the present one.")
        return forms.CharField(widget=widget, strip=False, **common)
    kind = _without_none(info.annotation)
    if kind is bool:
        return forms.BooleanField(**{**common, "required": False})
    if kind is int:
        return forms.IntegerField(**common)
    if kind is float:
        return forms.FloatField(**common)
    if get_origin(kind) is Literal:
        return forms.ChoiceField(choices=[(one, one) for one in get_args(kind)], **common)
    if get_origin(kind) is tuple and get_args(kind)[0] is str:
        return LinesField(**common)
    if get_origin(kind) is dict and get_args(kind) == (str, str):
        return PairsField(**common)
    if kind is str:
        long = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}) if name in LONG_TEXTS else None
        return forms.CharField(widget=long, strip=name not in LONG_TEXTS, **common)
    return PlainField(**common)


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """Lines of what is stored; what was typed stays as it is."""
        return value if isinstance(value, str) else "\n".join(value or ())

    def to_python(self, value: Any) -> Any:
        """The texts."""
        return [line.strip() for line in (value or "").splitlines() if line.strip()]


class PairsField(forms.CharField):
    """Names with values, `name: value` on each line."""

    widget = forms.Textarea(attrs={"rows": 2, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """Lines of what is stored; what was typed stays as it is."""
        if isinstance(value, Mapping):
            return "\n".join(f"{name}: {text}" for name, text in value.items())
        return value or ""

    def to_python(self, value: Any) -> Any:
        """The names with their values."""
        found: dict[str, str] = {}
        for line in (value or "").splitlines():
            if not line.strip():
                continue
            name, colon, text = line.partition(":")
            if not colon or not name.strip():
                raise forms.ValidationError(
                    _("“%(line)s” is not a name with a value. Write it as name: value.") % {"line": line}
                )
            found[name.strip()] = text.strip()
        return found


class SecretPairsField(PairsField):
    """Names with values that are not shown again: a row of stars stands for those that are kept."""

    def to_python(self, value: Any) -> Any:
        """The names with their values, or that the present ones are kept."""
        return KEPT if (value or "").strip() == KEPT else super().to_python(value)


class PlainField(forms.CharField):
    """Anything else, as JSON."""

    widget = forms.Textarea(attrs={"rows": 4, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        """JSON of what is stored; what was typed stays as it is."""
        if isinstance(value, str):
            return value
        return "" if value is None else json.dumps(_plain(value), indent=1, ensure_ascii=False)

    def to_python(self, value: Any) -> Any:
        """The value."""
        if not (value or "").strip():
            return None
        try:
            return json.loads(value)
        except ValueError as error:
            raise forms.ValidationError(_("This is not JSON: %(error)s.") % {"error": error}) from error


def _default(info: FieldInfo) -> Any:
    return None if info.is_required() else info.get_default(call_default_factory=True)


def _plain(value: Any) -> Any:
    """The value as JSON would have it."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return value


def _without_none(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [one for one in get_args(annotation) if one is not type(None)]
        return kinds[0] if len(kinds) == 1 else annotation
    return annotation


def _label(name: str) -> str:
    """`follow_redirects` → "Follow redirects", in the reader's language."""
    return _(label_of(name))


class AgentForm(forms.ModelForm):  # type: ignore[type-arg]  # only stubs can be subscripted
    """An agent to be made known."""

    class Meta:
        model = Agent
        fields = ["key", "name"]


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]  # only stubs can be subscripted
    """An Alertmanager to be made known."""

    class Meta:
        model = AlertSource
        fields = ["key", "name"]


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]  # only stubs can be subscripted
    """A group of checks of one service that stand in for each other."""

    class Meta:
        model = CheckGroup
        fields = ["name", "needed"]
