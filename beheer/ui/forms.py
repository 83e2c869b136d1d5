"""Forms as pages show them: groups of fields, widgets of the browser, and problems of actions at their fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from beheer.lib.errors import InputError
from beheer.ui.sentences import problem_told


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields that belong together, with the heading of their `<fieldset>` (empty: no fieldset)."""

    title: str | Promise
    fields: list[forms.BoundField]


@runtime_checkable
class Grouped(Protocol):
    """A form that says how its fields are grouped: `field_groups = [(_("Where"), ["host", "port"])]`."""

    field_groups: Sequence[tuple[str | Promise, Sequence[str]]]


class DateInput(forms.DateInput):
    """A day, by the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class DateTimeInput(forms.DateTimeInput):
    """An instant, by the browser's own calendar and clock; in the zone of the screen."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class TimeInput(forms.TimeInput):
    """A time of day."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


def groups_of(form: forms.BaseForm) -> list[FieldGroup]:
    """The visible fields of a form in groups; fields that no group names come last, without heading."""
    visible = {field.name: field for field in form.visible_fields()}
    groups: list[FieldGroup] = []
    if isinstance(form, Grouped):
        for title, names in form.field_groups:
            found = [visible.pop(name) for name in names if name in visible]
            if found:
                groups.append(FieldGroup(title, found))
    if visible:
        groups.append(FieldGroup("", list(visible.values())))
    return groups


def add_problems(form: forms.BaseForm, error: InputError) -> None:
    """Show what an action found wrong at the fields it names, with the remedy; the rest above the form.

    A dotted field ("settings.url") is looked for whole, then by its last and first part.
    """
    for problem in error.problems:
        parts = problem.field.split(".") if problem.field else []
        names = [problem.field, *parts[-1:], *parts[:1]]
        name = next((name for name in names if name in form.fields), None)
        prefix = f"{problem.field}: " if name is None and problem.field else ""
        if problem.line:
            prefix = _("Line %(line)s:") % {"line": problem.line} + f" {prefix}"
        text = f"{problem_told(problem.message)} {problem_told(problem.remedy)}"
        form.add_error(name, f"{prefix}{text}".strip())


@contextmanager
def problems_on(form: forms.BaseForm) -> Iterator[None]:
    """Around an action: what it finds wrong is shown on the form. Ask `form.is_valid()` again afterwards.

    with problems_on(form):
        done = create_thing(...)
        return redirect(...)
    """
    try:
        yield
    except InputError as error:
        add_problems(form, error)
    except ValidationError as error:
        for field, messages in getattr(error, "message_dict", {"": error.messages}).items():
            form.add_error(field if field in form.fields else None, messages)
