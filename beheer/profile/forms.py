"""Forms on posts, levels, terms and grading cases."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from beheer.profile.library import profiles
from beheer.profile.models import CaseDuty, CaseEvidence, GradingTerms, Post
from beheer.profile.rules import Answer, answerable, levels_of, offered_choices
from beheer.profile.schema import Criterion, Profile
from beheer.profile.words import CHOICE_VALUES, CHOICES, ROLES, name_of_criterion
from beheer.ui.forms import DateInput

NONE = "none"


class PostForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when the program runs
    """A post: what it is called, whose it is, what belongs to it."""

    class Meta:
        model = Post
        fields = ["title", "key", "team", "description", "profile_code", "level", "level_since", "ended_on"]
        widgets = {"level_since": DateInput(), "ended_on": DateInput()}
        help_texts = {"level": _("1 is the heaviest. Empty: not graded yet; a grading case sets it.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        known = [
            (code, f"{code} {one.name.in_language(language)}") for code, one in sorted(profiles().items())
        ]
        self.fields["profile_code"] = forms.ChoiceField(label=_("Function profile"), choices=known)


class AssignForm(forms.Form):
    """Who holds a post, from when."""

    user: Any = forms.ModelChoiceField(label=_("Person"), queryset=None)
    since = forms.DateField(label=_("From"), widget=DateInput())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = get_user_model()._default_manager.filter(is_active=True)  # type: ignore[attr-defined]  # a ModelChoiceField


class TermsForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when the program runs
    """The institution's terms of grading."""

    class Meta:
        model = GradingTerms
        fields = ["reservations_days", "hearing_days", "decision_days", "objection_days"]


class ParticipantForm(forms.Form):
    """Who takes part in a case, in which part."""

    user: Any = forms.ModelChoiceField(label=_("Person"), queryset=None)
    role = forms.ChoiceField(
        label=_("Part"), choices=[(key, word) for key, word in ROLES.items() if key != "assessor"]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["user"].queryset = get_user_model()._default_manager.filter(is_active=True)  # type: ignore[attr-defined]  # a ModelChoiceField


class DutyForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when the program runs
    """A duty of the post, and how it is shown that it was assigned."""

    class Meta:
        model = CaseDuty
        fields = ["area", "text", "assigned_by", "assigned_on", "proof", "is_temporary"]
        widgets = {"assigned_on": DateInput(), "text": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, profile: Profile, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["area"] = forms.TypedChoiceField(
            label=_("Result area"), choices=area_choices(profile), coerce=int
        )


class EvidenceForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when the program runs
    """Evidence that a person writes down."""

    class Meta:
        model = CaseEvidence
        fields = ["text", "limits"]
        widgets = {"text": forms.Textarea(attrs={"rows": 3}), "limits": forms.Textarea(attrs={"rows": 2})}


class StepForm(forms.Form):
    """What is written when a step is taken, and which revision was read."""

    text = forms.CharField(label=_("In writing"), widget=forms.Textarea(attrs={"rows": 8}), required=False)
    revision = forms.IntegerField(widget=forms.HiddenInput())


class DescribeForm(forms.Form):
    """Whether the profile applies and why, the areas carried, and how open points are read."""

    applies = forms.TypedChoiceField(
        label=_("The profile applies"),
        choices=[("", _("not decided yet")), ("yes", _("yes")), ("no", _("no"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        required=False,
        help_text=_("The purpose of the post fits, and at least one of areas 1 to 5 applies."),
    )
    motivation = forms.CharField(
        label=_("Why it applies, or does not"), widget=forms.Textarea(attrs={"rows": 4}), required=False
    )
    areas = forms.TypedMultipleChoiceField(
        label=_("Result areas that the post carries"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, profile: Profile, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["areas"].choices = area_choices(profile)  # type: ignore[attr-defined]  # a ChoiceField
        add_choice_fields(self, profile)

    def chosen(self) -> dict[str, str]:
        """The choices that differ from nothing: each that is offered, as answered."""
        return chosen_in(self.cleaned_data)


class AnswerForm(forms.Form):
    """One criterion answered, with the motivation."""

    answer = forms.CharField()
    motivation = forms.CharField(
        label=_("Motivation"),
        widget=forms.Textarea(attrs={"rows": 5}),
        required=False,
        help_text=_("Name which alternative of the text is met, and what shows it."),
    )

    def __init__(self, *args: Any, criterion: Criterion, placement: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"] = answer_field(criterion, placement)

    def given(self) -> int | list[int] | None:
        """The answer as the action takes it."""
        return answer_of(self.cleaned_data["answer"])


class TryForm(forms.Form):
    """All answers on a profile at once, to try a grading. Nothing of it is kept."""

    def __init__(self, *args: Any, profile: Profile, placement: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        language = get_language() or "en"
        groups: dict[str, list[str]] = {}
        for criterion in profile.criteria:
            self.fields[criterion.id] = answer_field(criterion, placement)
            groups.setdefault(criterion.group.in_language(language), []).append(criterion.id)
        add_choice_fields(self, profile)
        readings = [name for name in self.fields if name.startswith("choice_")]
        self.field_groups = [*groups.items(), (_("How open points are read"), readings)]

    def answers(self, profile: Profile) -> dict[str, int | tuple[int, ...] | None]:
        """The answers as the rule takes them."""
        found: dict[str, int | tuple[int, ...] | None] = {}
        for criterion in profile.criteria:
            given = answer_of(self.cleaned_data[criterion.id])
            found[criterion.id] = tuple(given) if isinstance(given, list) else given
        return found

    def chosen(self) -> dict[str, str]:
        """The readings chosen."""
        return chosen_in(self.cleaned_data)


def area_choices(profile: Profile) -> list[tuple[int, str]]:
    """The result areas as choices: number and name in the language of the screen."""
    language = get_language() or "en"
    return [(area.id, f"{area.id}. {area.name.in_language(language)}") for area in profile.result_areas]


class OneText(forms.ChoiceField):
    """One text of a scale. A level whose text stands at another too names that text as well."""

    def __init__(self, *, standing: dict[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.standing = standing

    def to_python(self, value: Any) -> str:
        """The level that stands for the text that was chosen."""
        text = str(super().to_python(value))
        return self.standing.get(text, text)


class ManyTexts(forms.MultipleChoiceField):
    """Any number of texts. A level whose text stands at another too names that text as well."""

    def __init__(self, *, standing: dict[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.standing = standing

    def to_python(self, value: Any) -> list[str]:
        """The levels that stand for the texts that were chosen."""
        return sorted({self.standing.get(one, one) for one in super().to_python(value)})


def standing_levels(criterion: Criterion, placement: str) -> dict[str, str]:
    """For each level of a criterion the first level that has the same text, both as forms write them."""
    first: dict[str, int] = {}
    found = {}
    for level, text in sorted(answerable(criterion, placement).items()):
        found[str(level)] = str(first.setdefault(text.nl, level))
    return found


def answer_field(criterion: Criterion, placement: str) -> forms.Field:
    """The texts of a criterion to choose from: one on a scale, any number without one. Equal texts stand together."""
    language = get_language() or "en"
    standing = standing_levels(criterion, placement)
    texts = answerable(criterion, placement)
    choices = []
    for first in dict.fromkeys(standing.values()):
        levels = ", ".join(level for level, one in standing.items() if one == first)
        choices.append((first, f"{levels}: {texts[int(first)].in_language(language)}"))
    label = name_of_criterion(criterion.id).capitalize()
    if criterion.scale:
        return OneText(
            standing=standing,
            label=label,
            choices=[*choices, (NONE, _("none of these texts describes the post"))],
            widget=forms.RadioSelect,
            help_text=_("The heaviest text that describes the post."),
        )
    return ManyTexts(
        standing=standing,
        label=label,
        choices=choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_(
            "Every text that describes the post; these are different kinds of work. None: leave all empty."
        ),
    )


def initial_answer(criterion: Criterion, placement: str, answer: Answer) -> str | list[str]:
    """What is ticked for an answer: of equal texts the one that stands for all."""
    standing = standing_levels(criterion, placement)
    ticked = sorted({standing[str(level)] for level in levels_of(answer) if str(level) in standing})
    if not criterion.scale:
        return ticked
    return ticked[0] if ticked else NONE


def answer_of(value: str | list[str]) -> int | list[int] | None:
    """A form's answer as the rule takes it."""
    if isinstance(value, list):
        return [int(one) for one in value]
    return None if value == NONE else int(value)


def add_choice_fields(form: forms.Form, profile: Profile) -> None:
    """A field for each choice that the profile leaves open, the default first."""
    for name, values in offered_choices(profile).items():
        form.fields[f"choice_{name}"] = forms.ChoiceField(
            label=str(CHOICES[name]),
            choices=[(value, CHOICE_VALUES[value]) for value in values],
            required=False,
        )


def chosen_in(cleaned: dict[str, Any]) -> dict[str, str]:
    """The choices in a form's answers."""
    prefix = "choice_"
    return {
        name.removeprefix(prefix): value
        for name, value in cleaned.items()
        if name.startswith(prefix) and value
    }
