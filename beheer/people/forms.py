"""Forms about people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from beheer.people.models import Team, User
from beheer.people.scopes import services
from beheer.people.words import ROLE_WORDS
from beheer.permissions.rules import ROLES

LONGEST_LIST = 200


class UserForm(forms.ModelForm):  # type: ignore[type-arg]  # only stubs can be subscripted
    """A new account."""

    class Meta:
        model = User
        fields = ["username", "display_name", "email", "language"]


class UserChangeForm(forms.ModelForm):  # type: ignore[type-arg]  # only stubs can be subscripted
    """An account that is there."""

    class Meta:
        model = User
        fields = ["display_name", "email", "language", "is_active"]
        labels = {"is_active": _("may sign in")}
        help_texts = {"is_active": _("Switch off when somebody leaves: nothing that they did is lost.")}


class RoleForm(forms.Form):
    """A role, everywhere or for one team or service. Where there are many services, one is typed as its key."""

    role = forms.ChoiceField(label=_("Role"), choices=[(role, ROLE_WORDS[role]) for role in ROLES])
    scope = forms.ChoiceField(label=_("For"), required=False)
    service = forms.CharField(label=_("Key of the service"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = services(most=LONGEST_LIST + 1)
        field = self.fields["scope"]
        assert isinstance(field, forms.ChoiceField)
        teams = [(f"team:{team.pk}", team.name) for team in Team.objects.all()]
        field.choices = [("", _("everything")), (_("Teams"), teams)]
        if len(found) > LONGEST_LIST:
            field.choices = [*field.choices, ("service", _("one service, by its key"))]
        else:
            del self.fields["service"]
            field.choices = [
                *field.choices,
                (_("Services"), [(f"service:{pk}", name) for pk, _k, name in found]),
            ]

    def clean(self) -> dict[str, Any]:
        """With the id of the service that was typed."""
        values = {**self.cleaned_data}
        if values.get("scope") == "service":
            found = services(key=values.get("service", ""))
            if not found:
                raise forms.ValidationError({"service": _("There is no such service. Check its key.")})
            values["scope"] = f"service:{found[0][0]}"
        return values

    def values(self) -> dict[str, Any]:
        """What `grant_role` takes: role, team, service_id."""
        kind, _colon, number = self.cleaned_data["scope"].partition(":")
        return {
            "role": self.cleaned_data["role"],
            "team": Team.objects.get(pk=number) if kind == "team" else None,
            "service_id": int(number) if kind == "service" else None,
        }


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]  # only stubs can be subscripted
    """A team with its people."""

    members = forms.ModelMultipleChoiceField(
        label=_("Members"), queryset=User.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    leads = forms.ModelMultipleChoiceField(
        label=_("Team leaders"),
        queryset=User.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    class Meta:
        model = Team
        fields = ["key", "name", "email"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("members", "leads"):
            field = self.fields[name]
            assert isinstance(field, forms.ModelMultipleChoiceField)
            field.queryset = User.objects.filter(is_active=True)
        if self.instance.pk:
            self.initial["members"] = self.instance.memberships.filter(is_lead=False).values_list(
                "user", flat=True
            )
            self.initial["leads"] = self.instance.memberships.filter(is_lead=True).values_list(
                "user", flat=True
            )

    def names(self, field: str) -> list[str]:
        """The user names that were ticked; who is ticked as leader is no mere member too."""
        leads = {user.username for user in self.cleaned_data["leads"]}
        chosen = [user.username for user in self.cleaned_data[field]]
        return [name for name in chosen if field == "leads" or name not in leads]


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]  # only stubs can be subscripted
    """What people say of themselves."""

    class Meta:
        model = User
        fields = ["display_name", "language"]


class TokenForm(forms.Form):
    """A token for a program."""

    name = forms.CharField(label=_("What it is for"), max_length=100)
    days = forms.IntegerField(label=_("Days until it ends"), min_value=1, max_value=366, initial=90)
    may_change = forms.BooleanField(
        label=_("May also change things"),
        required=False,
        help_text=_("It can never do more than you may do yourself."),
    )
