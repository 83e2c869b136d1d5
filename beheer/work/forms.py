"""Forms made from a kind's file: one field for each that is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from beheer.catalogue.models import ConfigurationItem, Customer, Service
from beheer.people.models import Team, User
from beheer.ui.forms import DateInput, DateTimeInput
from beheer.work.kinds.schema import BUILT_IN, FieldSpec, Kind
from beheer.work.models import Item, ReplyTemplate
from beheer.work.models.items import Complexity, Degree, Line, LinkKind
from beheer.work.wording import field_name, language

LONG = {"rows": 5}


# A browser presses the first button of a form on Enter; it is to be the one that sends it.
FIRST_BUTTON = '<button type="submit" class="hidden" tabindex="-1" aria-hidden="true"></button>'


class AnswerArea(forms.Textarea):
    """A long text with, under it, texts to answer with. The button sends the form with `use`, or a script fills in."""

    def __init__(self, name: str, templates: list[ReplyTemplate], number: str) -> None:
        super().__init__(attrs=LONG)
        self._field, self._templates, self._number = name, templates, number

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """The box, and under it the choice and its button."""
        options = format_html_join(
            "", '<option value="{}">{}</option>', ((t.key, t.name) for t in self._templates)
        )
        return format_html(
            '{}<span class="row use-template" data-fill="{}" data-url="/api/work-items/{}/reply-templates/">'
            '<label>{} <select name="template_{}"><option value="">–</option>{}</select></label>'
            '<button class="button small" name="use" value="{}" formnovalidate>{}</button></span>',
            super().render(name, value, attrs, renderer), (attrs or {}).get("id", ""), self._number,
            _("Template"), self._field, options, self._field, _("Put it in the text"),
        )  # fmt: skip


class KindForm(forms.Form):
    """A form whose fields a kind says. `version` is the item as the person saw it; None for a new one."""

    def __init__(
        self,
        data: Any,
        *,
        kind: Kind,
        asked: Mapping[str, bool],
        initial: Mapping[str, Any] | None = None,
        version: int = 0,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.kind = kind
        self.in_the_way: list[str] = []  # sentences, shown before it is planned
        self.in_spite = ""  # a hidden field that says which of them were seen
        self.first_button = ""  # what Enter presses, where a field has a button of its own
        for name, is_required in asked.items():
            self.fields[name] = make_field(kind, name, is_required)
        if version:
            self.fields["version"] = forms.IntegerField(widget=forms.HiddenInput, initial=version)

    def values(self) -> dict[str, Any]:
        """What was filled in, as actions take it."""
        return {
            name: list(value) if hasattr(value, "__iter__") and not isinstance(value, str) else value
            for name, value in self.cleaned_data.items()
            if name != "version"
        }

    @property
    def extra(self) -> SafeString:
        """What stands in the form before its fields: safe HTML."""
        return mark_safe(self.first_button + self.in_spite)  # noqa: S308  # both were made by us, and escaped

    def offer_templates(self, found: Iterable[ReplyTemplate], number: str) -> None:
        """Let a text to answer with be put in each field that the reporter reads; nothing where there is none."""
        templates = list(found)
        names = ["reply", *(("answer", "solution") if self.kind.portal else ())]
        for name in names:
            if templates and name in self.fields and isinstance(self.fields[name].widget, forms.Textarea):
                self.fields[name].widget = AnswerArea(name, templates, number)
                self.first_button = FIRST_BUTTON

    def keep(self, data: QueryDict, files: Any) -> None:
        """Show what was typed so far, unchecked."""
        for name, field in self.fields.items():
            self.initial[name] = field.widget.value_from_datadict(data, files, self.add_prefix(name))

    @property
    def version(self) -> int | None:
        """The version the person saw."""
        return self.cleaned_data.get("version")


def make_field(kind: Kind, name: str, is_required: bool) -> forms.Field:
    """The form's field for a field of a kind."""
    label = field_name(kind, name)
    label = label[:1].upper() + label[1:]
    if name in BUILT_IN:
        field = _built_in(name)
    elif name in ("comment", "reply"):
        field = forms.CharField(widget=forms.Textarea(attrs=LONG))
    else:
        field = _own(kind.fields[name])
        if kind.fields[name].help is not None:
            field.help_text = kind.fields[name].help.text(language())  # type: ignore[union-attr]  # seen above
    field.label, field.required = label, is_required
    return field


def _people() -> Any:
    return User.objects.filter(
        is_active=True, role_grants__role__in=("member", "lead", "administrator")
    ).distinct()


def _built_in(name: str) -> forms.Field:
    match name:
        case "title":
            return forms.CharField(max_length=250)
        case "description":
            return forms.CharField(widget=forms.Textarea(attrs={"rows": 8}))
        case "service":
            return forms.ModelChoiceField(Service.objects.filter(retired_on=None))
        case "services":
            return forms.ModelMultipleChoiceField(Service.objects.filter(retired_on=None))
        case "items":
            return forms.ModelMultipleChoiceField(ConfigurationItem.objects.all())
        case "customer":
            return forms.ModelChoiceField(Customer.objects.all())
        case "requester":
            return forms.ModelChoiceField(User.objects.filter(is_active=True))
        case "team":
            return forms.ModelChoiceField(Team.objects.all())
        case "assignee":
            return forms.ModelChoiceField(_people())
        case "impact" | "urgency":
            return forms.TypedChoiceField(choices=Degree.choices, coerce=int, initial=2)
        case "complexity" | "line":
            return forms.ChoiceField(choices=Complexity.choices if name == "complexity" else Line.choices)
        case _:
            return forms.DateTimeField(widget=DateTimeInput())


def _own(spec: FieldSpec) -> forms.Field:
    match spec.type:
        case "long_text":
            return forms.CharField(widget=forms.Textarea(attrs=LONG))
        case "choice":
            choices = [("", "–"), *((key, words.text(language())) for key, words in spec.choices.items())]
            return forms.ChoiceField(choices=choices)
        case "yes_no":
            return forms.ChoiceField(choices=[("", "–"), ("yes", _("yes")), ("no", _("no"))])
        case "number":
            return forms.DecimalField(localize=True)
        case "day":
            return forms.DateField(widget=DateInput())
        case "instant":
            return forms.DateTimeField(widget=DateTimeInput())
        case "person":
            return forms.ModelChoiceField(_people())
        case "several":
            several = [(key, words.text(language())) for key, words in spec.choices.items()]
            return forms.MultipleChoiceField(choices=several, widget=forms.CheckboxSelectMultiple)
        case _:
            return forms.CharField(max_length=2000)


def initial_of(item: Item, kind: Kind, names: Iterable[str]) -> dict[str, Any]:
    """What stands in the fields of an item, as forms want it."""
    found: dict[str, Any] = {}
    for name in names:
        if name in kind.fields:
            value = item.values.get(name)
            found[name] = {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value
            if kind.fields[name].type == "person" and value:
                found[name] = User.objects.filter(username=value).first()
        elif name in ("services", "items"):
            found[name] = list(getattr(item, name).all())
        elif name in BUILT_IN:
            found[name] = getattr(item, name)
    return found


class HandOverForm(forms.Form):
    """To whom, and why."""

    team = forms.ModelChoiceField(Team.objects.all(), label=gettext_lazy("Team"), required=False)
    assignee = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Person"), required=False)
    line = forms.ChoiceField(choices=Line.choices, label=gettext_lazy("Line"))
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3}),
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("For who gets it: what was tried, and why it is theirs."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["assignee"].queryset = _people()  # type: ignore[attr-defined]


class LinkForm(forms.Form):
    """How this item stands to another."""

    kind = forms.ChoiceField(choices=LinkKind.choices, label=gettext_lazy("This item"))
    number = forms.CharField(max_length=24, label=pgettext_lazy("work", "Number"), help_text="INC-2026-00012")


class DeadlineForm(forms.Form):
    """A deadline fixed by hand."""

    clock = forms.ChoiceField(label=gettext_lazy("Clock"))
    until = forms.DateTimeField(
        widget=DateTimeInput(),
        required=False,
        label=gettext_lazy("Deadline"),
        help_text=gettext_lazy("Empty: let it follow its target again."),
    )
    reason = forms.CharField(max_length=500, label=gettext_lazy("Reason"))
    version = forms.IntegerField(widget=forms.HiddenInput)


class FreezeForm(forms.Form):
    """A stretch in which nothing is changed."""

    name = forms.CharField(max_length=120, label=gettext_lazy("Name"))
    starts_at = forms.DateTimeField(widget=DateTimeInput(), label=gettext_lazy("From"))
    ends_at = forms.DateTimeField(widget=DateTimeInput(), label=gettext_lazy("Until"))
    services = forms.ModelMultipleChoiceField(
        Service.objects.filter(retired_on=None),
        required=False,
        label=gettext_lazy("Services"),
        help_text=gettext_lazy("None: it holds for all."),
    )


class KindTextForm(forms.Form):
    """A kind's file."""

    text = forms.CharField(
        strip=False,  # what is published unchanged stays the same version
        widget=forms.Textarea(attrs={"rows": 30, "spellcheck": "false", "class": "mono"}),
        label=gettext_lazy("File"),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class TemplateForm(forms.ModelForm):  # type: ignore[type-arg]  # only stubs can be subscripted
    """A text to answer with."""

    class Meta:
        model = ReplyTemplate
        fields = ["key", "name", "team", "text_nl", "text_en", "is_enabled"]
        widgets = {"text_nl": forms.Textarea(attrs={"rows": 8}), "text_en": forms.Textarea(attrs={"rows": 8})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["key"].disabled = True

    def _post_clean(self) -> None:
        """The action checks the whole, and says what is wrong in our own words."""


class DeputyForm(forms.Form):
    """Who decides in whose place, and when."""

    person = forms.ModelChoiceField(User.objects.none(), label=gettext_lazy("Who is away"))
    deputy = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Deputy"),
        help_text=gettext_lazy("Gets the same approvals, and decides in the name of who is away."),
    )
    starts_at = forms.DateTimeField(widget=DateTimeInput(), label=gettext_lazy("From"))
    ends_at = forms.DateTimeField(widget=DateTimeInput(), label=gettext_lazy("Until"))

    def __init__(self, *args: Any, persons: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = persons  # type: ignore[attr-defined]
        self.fields["deputy"].queryset = _people()  # type: ignore[attr-defined]


class ArticleForm(forms.Form):
    """A page elsewhere."""

    title = forms.CharField(max_length=200, label=gettext_lazy("Title"))
    url = forms.CharField(
        max_length=1000,
        label=gettext_lazy("Web address"),
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
    )


class TouchedForm(forms.Form):
    """What an item touches beside the service it is about."""

    services = forms.ModelMultipleChoiceField(
        Service.objects.filter(retired_on=None), required=False, label=gettext_lazy("Services")
    )
    items = forms.ModelMultipleChoiceField(
        ConfigurationItem.objects.all(), required=False, label=gettext_lazy("Configuration items")
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
