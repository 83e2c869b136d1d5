"""The forms in which an administrator writes a catalogue item: its settings, and a row for each question."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import pydantic
from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import Service
from beheer.people.models import Team
from beheer.work.definitions import current_kinds
from beheer.work.models.items import Complexity, Degree
from beheer.work.request_models.schema import FormField, RequestSpec
from beheer.work.wording import language

TYPES = (
    ("text", _("a line of text")), ("long_text", _("a long text")), ("choice", _("one of some choices")),
    ("several", _("several choices")), ("yes_no", _("yes or no")), ("day", _("a day")),
    ("number", _("a number")), ("person", _("a person")), ("file", _("files")),
)  # fmt: skip
ASIDE = ("team", "impact", "urgency", "complexity")  # defaults with a field of their own
LINES = {"rows": 3, "spellcheck": "false"}
PARTS = {"name": "name_en", "description": "description_en", "group": "group_en", "title": "title_en"}


def _pair(nl: str, en: str) -> dict[str, str] | None:
    """A text in both languages; one that is missing is the other. None: neither is there."""
    return {"nl": nl or en, "en": en or nl} if nl or en else None


class SettingsForm(forms.Form):
    """Everything of a catalogue item but its questions."""

    field_groups = (
        (_("What it is"), ("key", "name_nl", "name_en", "description_nl", "description_en", "group_nl", "group_en")),
        (_("What becomes of it"), ("service", "kind", "title_nl", "title_en", "team", "impact", "urgency",
                                      "complexity", "sets", "targets", "tasks")),
        (_("Who"), ("for_teams", "approvals", "approvals_in_order")),
    )  # fmt: skip

    key = forms.RegexField(
        r"^[a-z][a-z0-9_-]{0,49}$",
        label=_("Key"),
        help_text=_("Short name, used in files and addresses. Small letters, digits, - and _."),
    )
    name_nl = forms.CharField(max_length=120, label=_("Name, Dutch"))
    name_en = forms.CharField(max_length=120, label=_("Name, English"))
    description_nl = forms.CharField(max_length=1000, required=False, label=_("Description, Dutch"))
    description_en = forms.CharField(max_length=1000, required=False, label=_("Description, English"))
    group_nl = forms.CharField(max_length=80, required=False, label=_("Heading, Dutch"))
    group_en = forms.CharField(max_length=80, required=False, label=_("Heading, English"))
    service = forms.ModelChoiceField(
        Service.objects.filter(retired_on=None),
        to_field_name="key",
        required=False,
        label=_("Service"),
    )
    kind = forms.ChoiceField(label=_("Kind of work that it makes"))
    title_nl = forms.CharField(
        max_length=150,
        required=False,
        label=_("Title of a request, Dutch"),
        help_text=_("Answers stand in it as {key of the question}. Empty: the name."),
    )
    title_en = forms.CharField(max_length=150, required=False, label=_("Title of a request, English"))
    team = forms.ModelChoiceField(
        Team.objects.all(), to_field_name="key", required=False, label=_("Team"),
        help_text=_("Empty: the team of the service."),
    )  # fmt: skip
    impact = forms.TypedChoiceField(
        choices=[("", "–"), *Degree.choices], coerce=int, required=False, label=_("Impact")
    )
    urgency = forms.TypedChoiceField(
        choices=[("", "–"), *Degree.choices], coerce=int, required=False, label=_("Urgency")
    )
    complexity = forms.ChoiceField(
        choices=[("", "–"), *Complexity.choices], required=False, label=_("Complexity")
    )
    sets = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs=LINES),
        label=_("Other fields of the kind that it fills in"),
        help_text=_("A line each, such as: request_type: hardware"),
    )
    targets = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs=LINES),
        label=_("How soon"),
        help_text=_("A line for each clock, such as: fulfilment: 20h. Empty: as the priority says."),
    )
    tasks = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs=LINES),
        label=_("Tasks that are put ready"),
        help_text=_("A line each: key | Dutch | English. A question mark at the end: if useful."),
    )
    for_teams = forms.ModelMultipleChoiceField(
        Team.objects.all(),
        to_field_name="key",
        required=False,
        label=_("Who may ask for it"),
        help_text=_("None: everybody."),
    )
    approvals = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs=LINES),
        label=_("Who must agree first"),
        help_text=_(
            "A line for each yes that is needed, with who may give it: requester_lead, service_owner, team:KEY …"
        ),
    )
    approvals_in_order = forms.BooleanField(required=False, label=_("One after the other"))

    version = forms.IntegerField(
        widget=forms.HiddenInput, required=False
    )  # the one that the writer began with

    def __init__(self, data: Any = None, *, spec: RequestSpec | None = None, version: int = 0) -> None:
        start = _settings_of(spec) if spec else {"kind": "service_request"}
        super().__init__(data, initial={**start, "version": version})
        kinds = [(key, kind.name.text(language())) for key, kind in current_kinds().items()]
        cast(forms.ChoiceField, self.fields["kind"]).choices = kinds
        if spec is not None:
            self.fields["key"].disabled = True

    def said(self) -> dict[str, Any]:
        """What was filled in, as the file says it. Puts an error at a line that cannot be read."""
        given = self.cleaned_data
        defaults = {**self._mapping("sets")}
        for name in ASIDE:
            if given.get(name) not in (None, ""):
                defaults[name] = given[name].key if name == "team" else given[name]
        texts = {
            part: _pair(given.get(f"{part}_nl", ""), given.get(f"{part}_en", ""))
            for part in ("name", "description", "group", "title")
        }
        groups = [
            [who.strip() for who in line.split(",") if who.strip()] for line in _lines(given["approvals"])
        ]
        return {
            "key": given["key"],
            **{part: pair for part, pair in texts.items() if pair},
            "service": given["service"].key if given.get("service") else "",
            "kind": given["kind"],
            "for_teams": [team.key for team in given["for_teams"]],
            "defaults": defaults,
            "targets": self._mapping("targets"),
            "approvals": [{"who": group} for group in groups],
            "approvals_in_order": given["approvals_in_order"],
            "tasks": self._tasks(),
        }

    def _mapping(self, name: str) -> dict[str, str]:
        found = {}
        for line in _lines(self.cleaned_data[name]):
            key, sign, value = (part.strip() for part in line.partition(":"))
            if not sign or not value:
                self.add_error(name, gettext("“%(line)s”: write key: value.") % {"line": line})
            else:
                found[key] = value
        return found

    def _tasks(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for line in _lines(self.cleaned_data["tasks"]):
            parts = [part.strip() for part in line.removesuffix("?").split("|")]
            if len(parts) != 3 or not all(parts):
                self.add_error("tasks", gettext("“%(line)s”: write key | Dutch | English.") % {"line": line})
            else:
                words = {"nl": parts[1], "en": parts[2]}
                found[parts[0]] = {"name": words, "required": not line.endswith("?")}
        return found


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _settings_of(spec: RequestSpec) -> dict[str, Any]:
    defaults = dict(spec.defaults)
    texts: dict[str, str] = {}
    for part in ("name", "description", "group", "title"):
        words = getattr(spec, part)
        texts |= {f"{part}_nl": words.nl, f"{part}_en": words.en} if words else {}
    aside = {name: defaults.pop(name, "") for name in ASIDE}
    for name in ("impact", "urgency"):
        aside[name] = {"high": 1, "medium": 2, "low": 3}.get(str(aside[name]), aside[name])
    return {
        "key": spec.key,
        **texts,
        **aside,
        "service": spec.service,
        "kind": spec.kind,
        "sets": "\n".join(f"{name}: {value}" for name, value in defaults.items()),
        "targets": "\n".join(f"{clock}: {target}" for clock, target in spec.targets.items()),
        "tasks": "\n".join(
            f"{key} | {task.name.nl} | {task.name.en}{'' if task.required else ' ?'}"
            for key, task in spec.tasks.items()
        ),
        "for_teams": spec.for_teams,
        "approvals": "\n".join(", ".join(group.who) for group in spec.approvals),
        "approvals_in_order": spec.approvals_in_order,
    }


class QuestionForm(forms.Form):
    """One question."""

    name = forms.RegexField(
        r"^[a-z][a-z0-9_]{0,39}$",
        label=_("Key"),
        help_text=_("Small letters, digits and _."),
    )
    type = forms.ChoiceField(choices=TYPES, label=_("What is filled in"))
    label_nl = forms.CharField(max_length=250, label=_("Question, Dutch"))
    label_en = forms.CharField(max_length=250, label=_("Question, English"))
    help_nl = forms.CharField(max_length=500, required=False, label=_("Help, Dutch"))
    help_en = forms.CharField(max_length=500, required=False, label=_("Help, English"))
    required = forms.BooleanField(required=False, label=_("Must be answered"))
    choices = forms.CharField(
        required=False,
        widget=forms.Textarea(attrs=LINES),
        label=_("Choices"),
        help_text=_("A line each: key | Dutch | English."),
    )
    shown_when = forms.CharField(
        required=False,
        max_length=300,
        label=_("Asked only when"),
        help_text=_("An earlier question and its answers, such as: device = laptop, tablet"),
    )
    least = forms.FloatField(required=False, label=_("At least"))
    most = forms.FloatField(
        required=False,
        label=_("At most"),
        help_text=_(
            "A number: its value. Text: its length. Choices and files: how many. A day: days from now."
        ),
    )
    pattern = forms.CharField(
        required=False,
        max_length=200,
        label=_("Pattern"),
        help_text=_("A regular expression that a line of text matches whole."),
    )

    def said(self) -> dict[str, Any]:
        """The question as the file says it."""
        given = self.cleaned_data
        found: dict[str, Any] = {
            "name": _pair(given["label_nl"], given["label_en"]),
            "type": given["type"],
            "required": given["required"],
            "choices": self._choices(),
            "shown_when": self._condition(),
            "pattern": given["pattern"],
            "least": given["least"],
            "most": given["most"],
        }
        if help_text := _pair(given["help_nl"], given["help_en"]):
            found["help"] = help_text
        return found

    def _choices(self) -> dict[str, Any]:
        found = {}
        for line in _lines(self.cleaned_data["choices"]):
            parts = [part.strip() for part in line.split("|")]
            if len(parts) != 3 or not all(parts):
                self.add_error(
                    "choices", gettext("“%(line)s”: write key | Dutch | English.") % {"line": line}
                )
            else:
                found[parts[0]] = {"nl": parts[1], "en": parts[2]}
        return found

    def _condition(self) -> dict[str, list[str]]:
        found = {}
        for part in self.cleaned_data["shown_when"].split(";"):
            if not part.strip():
                continue
            name, sign, answers = (one.strip() for one in part.partition("="))
            words = [one.strip() for one in answers.split(",") if one.strip()]
            if not sign or not words:
                self.add_error("shown_when", gettext("Write: question = answer, answer."))
            else:
                found[name] = words
        return found


QuestionSet = forms.formset_factory(QuestionForm, extra=1, can_order=True, can_delete=True, max_num=100)


def questions_of(spec: RequestSpec) -> list[dict[str, Any]]:
    """The rows of the questions that there are."""
    return [_question(name, field) for name, field in spec.fields.items()]


def _question(name: str, field: FormField) -> dict[str, Any]:
    conditions = (
        f"{other} = {', '.join(_word(one) for one in wanted)}" for other, wanted in field.shown_when.items()
    )
    return {
        "name": name,
        "type": field.type,
        "label_nl": field.name.nl,
        "label_en": field.name.en,
        "help_nl": field.help.nl if field.help else "",
        "help_en": field.help.en if field.help else "",
        "required": field.required,
        "choices": "\n".join(f"{key} | {words.nl} | {words.en}" for key, words in field.choices.items()),
        "shown_when": "; ".join(conditions),
        "least": field.least,
        "most": field.most,
        "pattern": field.pattern,
    }


def _word(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def spec_from(
    settings: SettingsForm, questions: forms.BaseFormSet[QuestionForm], before: RequestSpec | None
) -> RequestSpec | None:
    """The catalogue item that the forms say; None where they do not, with an error at each field that is wrong."""
    if not (settings.is_valid() and questions.is_valid()):
        return None
    rows = [row for row in questions.ordered_forms if row.cleaned_data.get("name")]
    said = settings.said()
    said["fields"] = {row.cleaned_data["name"]: row.said() for row in rows}
    if len(said["fields"]) < len(rows):
        _twice(rows)
    if before is not None:
        said |= {"retired": before.retired, "simulated": before.simulated}
    if settings.errors or any(row.errors for row in rows):
        return None
    try:
        return RequestSpec.model_validate(said)
    except pydantic.ValidationError as error:
        for one in error.errors():
            put_error(settings, rows, one["loc"], one["msg"])
    return None


def _twice(rows: Iterable[QuestionForm]) -> None:
    seen: set[str] = set()
    for row in rows:
        name = row.cleaned_data["name"]
        if name in seen:
            row.add_error("name", gettext("Another question has this key."))
        seen.add(name)


def put_error(settings: SettingsForm, rows: Iterable[QuestionForm], path: Any, text: str) -> None:
    """Show what is wrong at its field: a place in the file leads to a row and a field of it, or to a setting."""
    parts = [str(part) for part in path]
    if parts[:1] == ["fields"] and len(parts) > 1:
        row = next((row for row in rows if row.cleaned_data.get("name") == parts[1]), None)
        if row is not None:
            inner = (
                {"name": "label_en", "help": "help_en"}.get(parts[2], parts[2]) if len(parts) > 2 else "name"
            )
            row.add_error(inner if inner in row.fields else "name", text)
            return
    if parts[:1] == ["defaults"]:
        inner = parts[1] if len(parts) > 1 and parts[1] in ASIDE else "sets"
        settings.add_error(inner, text)
        return
    name = PARTS.get(parts[0], parts[0]) if parts else ""
    settings.add_error(name if name in settings.fields else None, text)
