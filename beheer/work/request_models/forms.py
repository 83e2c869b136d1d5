"""The form of a catalogue item, made from its questions, in the language of the screen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any

import re2
from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from beheer.people.models import User
from beheer.ui.forms import DateInput
from beheer.work.request_models.answers import LONGEST, MOST_FILES, day_limits, shown
from beheer.work.request_models.schema import FormField, RequestSpec
from beheer.work.wording import language

FEW = 4  # choices that are shown all at once
LONGEST_LINE = 500


class FilesInput(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Some files; a list, empty for none."""

    widget = FilesInput

    def __init__(self, *, least: int | None, most: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least, self.most = least, most

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[Any]]:
        """All of them, each checked."""
        given = [one for one in (data if isinstance(data, (list, tuple)) else [data]) if one]
        if not given and self.required:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        if len(given) > self.most:
            raise forms.ValidationError(_("Choose %(most)s files at most.") % {"most": self.most})
        if given and self.least and len(given) < self.least:
            raise forms.ValidationError(_("Choose at least %(least)s files.") % {"least": self.least})
        return [super(FilesField, self).clean(one, initial) for one in given]


class CatalogueForm(forms.Form):
    """The questions of one catalogue item. What is not asked, given the answers, is neither demanded nor kept."""

    def __init__(self, spec: RequestSpec, today: date, data: Any = None, files: Any = None) -> None:
        super().__init__(data, files)
        self.spec = spec
        for name, field in spec.fields.items():
            self.fields[name] = make_question(field, today)
            self.fields[name].help_text = _help(spec, field)
        self.asked = shown(spec.fields, _raw(spec, data)) if data is not None else list(spec.fields)
        for name, field in spec.fields.items():
            self.fields[name].required = field.required and (name in self.asked or data is None)

    def clean(self) -> dict[str, Any]:
        """The answers to the questions that are asked."""
        for name in self.spec.fields:
            if name not in self.asked:
                self.errors.pop(name, None)
                self.cleaned_data.pop(name, None)
        return self.cleaned_data

    @property
    def conditions(self) -> str:
        """Which question waits for which answers, for the script that hides the others. As JSON."""
        return json.dumps(
            {
                name: {other: [_word(one) for one in wanted] for other, wanted in field.shown_when.items()}
                for name, field in self.spec.fields.items()
                if field.shown_when
            }
        )

    def answers(self) -> dict[str, Any]:
        """The answers as the action takes them, without files."""
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name in self.spec.fields
            and self.spec.fields[name].type != "file"
            and value not in (None, "", [])
        }

    def uploads(self) -> list[tuple[str, UploadedFile[Any]]]:
        """The files, each with its question."""
        return [
            (name, file)
            for name, field in self.spec.fields.items()
            if field.type == "file"
            for file in self.cleaned_data.get(name) or []
        ]


class AskForAnotherForm(CatalogueForm):
    """The same, filled in by staff for somebody else."""

    def __init__(self, spec: RequestSpec, today: date, data: Any = None, files: Any = None) -> None:
        super().__init__(spec, today, data, files)
        people = User.objects.filter(is_active=True)
        requester = forms.ModelChoiceField(people, to_field_name="username", label=gettext_lazy("For whom"))
        self.fields = {"requester": requester, **self.fields}


def _word(value: Any) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _raw(spec: RequestSpec, data: Mapping[str, Any]) -> dict[str, Any]:
    """The answers as they were sent, enough to see which questions are asked."""
    found: dict[str, Any] = {}
    for name, field in spec.fields.items():
        if field.type == "several" and isinstance(data, MultiValueDict):
            found[name] = data.getlist(name)
        else:
            found[name] = data.get(name)
    return found


def _help(spec: RequestSpec, field: FormField) -> str:
    """The help of a question, and when it is asked, for who sees all questions at once."""
    parts = [field.help.text(language())] if field.help else []
    for other, wanted in field.shown_when.items():
        question = spec.fields[other]
        words = " / ".join(_answer_word(question, one) for one in wanted)
        parts.append(
            _("Only if “%(question)s” is: %(answer)s.")
            % {"question": question.name.text(language()), "answer": words}
        )
    return " ".join(parts)


def _answer_word(field: FormField, value: Any) -> str:
    if field.type == "yes_no":
        return _("yes") if _word(value) == "yes" else _("no")
    return field.choices[value].text(language()) if value in field.choices else str(value)


def make_question(field: FormField, today: date) -> forms.Field:
    """One question as a field of a form."""
    made = _of_type(field, today)
    made.label = field.name.text(language())
    made.required = field.required
    return made


def _of_type(field: FormField, today: date) -> forms.Field:
    choices = [(key, words.text(language())) for key, words in field.choices.items()]
    most = None if field.most is None else int(field.most)
    match field.type:
        case "choice" if len(choices) <= FEW:
            return forms.ChoiceField(choices=choices, widget=forms.RadioSelect)
        case "choice":
            return forms.ChoiceField(choices=[("", "–"), *choices])
        case "yes_no":
            return forms.ChoiceField(choices=[("yes", _("yes")), ("no", _("no"))], widget=forms.RadioSelect)
        case "several":
            return SeveralField(field, choices=choices)
        case "number":
            return forms.FloatField(
                min_value=field.least, max_value=field.most, widget=forms.NumberInput(attrs={"step": "any"})
            )
        case "day":
            return DayField(*day_limits(field, today))
        case "file":
            least = None if field.least is None else int(field.least)
            return FilesField(least=least, most=most or MOST_FILES)
        case "person":
            return PersonField()
        case "long_text":
            return _text(field, most or LONGEST, forms.Textarea(attrs={"rows": 5}))
        case _:
            return _text(field, most or LONGEST_LINE, forms.TextInput())


def _text(field: FormField, most: int, widget: forms.Widget) -> forms.CharField:
    least = None if field.least is None else int(field.least)
    hint = field.help.text(language()) if field.help else ""
    return PatternField(field.pattern, hint, max_length=most, min_length=least, widget=widget)


class PatternField(forms.CharField):
    """A text that a pattern matches whole; no pattern: any text. `hint` tells the pattern in words, if any do."""

    def __init__(self, pattern: str, hint: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pattern = pattern
        self.hint = hint

    def validate(self, value: Any) -> None:
        """Raise where the pattern does not match."""
        super().validate(value)
        if value and self.pattern and re2.fullmatch(self.pattern, value) is None:
            if self.hint:  # who asks for something need not read regular expressions
                raise forms.ValidationError(
                    _("This is not written as it should be: %(hint)s") % {"hint": self.hint}
                )
            raise forms.ValidationError(
                _("This is not written as it should be. It must match %(pattern)s.")
                % {"pattern": self.pattern}
            )


class PersonField(forms.CharField):
    """Somebody, by user name or e-mail address: the list of all people is not everybody's business."""

    default_error_messages = {"unknown": gettext_lazy("Nobody here has this user name or e-mail address.")}

    def clean(self, value: Any) -> Any:
        """The user name; None for nobody."""
        text = str(super().clean(value) or "").strip()
        if not text:
            return None
        field = "email__iexact" if "@" in text else "username"
        found = User.objects.filter(**{field: text}, is_active=True).first()
        if found is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return found.username


class DayField(forms.DateField):
    """A day between limits."""

    def __init__(self, first: date | None, last: date | None) -> None:
        super().__init__(widget=DateInput())
        self.first, self.last = first, last
        self.widget.attrs |= {
            name: day.isoformat() for name, day in (("min", first), ("max", last)) if day is not None
        }

    def validate(self, value: Any) -> None:
        """Raise for a day that is too early or too late."""
        super().validate(value)
        if value and self.first and value < self.first:
            raise forms.ValidationError(_("Choose %(day)s or later.") % {"day": self.first.isoformat()})
        if value and self.last and value > self.last:
            raise forms.ValidationError(_("Choose %(day)s or earlier.") % {"day": self.last.isoformat()})


class SeveralField(forms.MultipleChoiceField):
    """Some of the choices, at least and at most so many."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, field: FormField, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.field = field

    def validate(self, value: Any) -> None:
        """Raise for too few or too many."""
        super().validate(value)
        if value and self.field.least is not None and len(value) < self.field.least:
            raise forms.ValidationError(_("Choose at least %(least)s.") % {"least": int(self.field.least)})
        if value and self.field.most is not None and len(value) > self.field.most:
            raise forms.ValidationError(_("Choose %(most)s at most.") % {"most": int(self.field.most)})
