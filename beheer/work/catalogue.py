"""The service catalogue as it is in force: what can be asked for, and by whom."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from typing import Any

import yaml
from django.utils.formats import date_format

from beheer.catalogue.models import Service
from beheer.lib.errors import InputError, NotFound
from beheer.people.models import Membership, Team, User
from beheer.permissions.rules import Actor
from beheer.work.definitions import current_kinds, kind_of, spec_in
from beheer.work.fields import take
from beheer.work.kinds.schema import Kind
from beheer.work.models import Item, RequestModel
from beheer.work.request_models.answers import shown
from beheer.work.request_models.checks import Flaw, flaws
from beheer.work.request_models.schema import RequestSpec
from beheer.work.wording import language, value_text


def spec_of(model: RequestModel) -> RequestSpec:
    """What a published version says."""
    return spec_in(model.text)


def canonical(spec: RequestSpec) -> str:
    """A request model as it is kept: the same for files that say the same."""
    said = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def as_yaml(spec: RequestSpec) -> str:
    """A request model as a file."""
    said = spec.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return yaml.safe_dump(said, allow_unicode=True, sort_keys=False, width=110)


def current_models(*, with_retired: bool = False) -> dict[str, RequestModel]:
    """The version of each item of the catalogue that new requests get, by key."""
    rows = {row.key: row for row in RequestModel.objects.filter(is_current=True).order_by("key")}
    return {key: row for key, row in rows.items() if with_retired or not spec_of(row).retired}


def current_model(key: str) -> RequestModel:
    """One item of the catalogue, retired or not.

    Raises: NotFound.
    """
    found = RequestModel.objects.filter(key=key, is_current=True).first()
    if found is None:
        raise NotFound(f"There is no '{key}' in the service catalogue.")
    return found


def teams_of(actor: Actor) -> set[str]:
    """The keys of the teams somebody is in."""
    if actor.actor_id is None:
        return set()
    return set(Membership.objects.filter(user=actor.actor_id).values_list("team__key", flat=True))


def askable(actor: Actor) -> dict[str, RequestModel]:
    """What this person may ask for now."""
    teams = teams_of(actor)
    return {key: row for key, row in current_models().items() if may_ask(spec_of(row), teams)}


def may_ask(spec: RequestSpec, teams: Iterable[str]) -> bool:
    """Whether somebody of these teams may ask for it."""
    return not spec.for_teams or bool(set(spec.for_teams) & set(teams))


def flaws_of(spec: RequestSpec) -> list[Flaw]:
    """Everything wrong with a request model, held against the kinds, services, teams and people that there are."""
    kinds = current_kinds()
    if spec.kind not in kinds:
        return [
            Flaw(("kind",), f"There is no kind of work '{spec.kind}'.", f"There are: {', '.join(kinds)}.")
        ]
    return [*flaws(spec, kinds[spec.kind]), *_unknown(spec), *_unreadable(spec, kinds[spec.kind])]


def _unreadable(spec: RequestSpec, kind: Kind) -> list[Flaw]:
    """Defaults that their fields cannot hold."""
    found = []
    for name, value in spec.defaults.items():
        if name in kind.field_names() and name != "team":
            try:
                take(kind, {name: value})
            except InputError as error:
                found += [Flaw(("defaults", name), one.message, one.remedy) for one in error.problems]
    return found


def _unknown(spec: RequestSpec) -> list[Flaw]:
    found = []
    if spec.service and not Service.objects.filter(key=spec.service).exists():
        found.append(Flaw(("service",), f"There is no service '{spec.service}'.", "Give the key of one."))
    teams = set(Team.objects.values_list("key", flat=True))
    for place, key in enumerate(spec.for_teams):
        if key not in teams:
            found.append(Flaw(("for_teams", place), f"There is no team '{key}'.", "Give the key of one."))
    if (team := spec.defaults.get("team")) is not None and team not in teams:
        found.append(Flaw(("defaults", "team"), f"There is no team '{team}'.", "Give the key of one."))
    for place, group in enumerate(spec.approvals):
        for inner, who in enumerate(group.who):
            sort, _, name = who.partition(":")
            people = User.objects.filter(username=name, is_active=True)
            if (sort == "team" and name and name not in teams) or (sort == "person" and not people.exists()):
                found.append(
                    Flaw(("approvals", place, "who", inner), f"There is no {sort} '{name}'.", "Name another.")
                )
    return found


def catalogue_name(item: Item) -> str:
    """What the catalogue item of a request is called; empty where it came another way."""
    return "" if item.request_model is None else spec_of(item.request_model).name.text(language())


def answers_of(item: Item, *, in_language: str = "") -> list[tuple[str, str, str]]:
    """What was filled in: (key, question, answer) of the questions that were asked; [] where it has no form."""
    if item.request_model is None:
        return []
    spec = spec_of(item.request_model)
    kind = kind_of(item.definition).model_copy(update={"fields": spec.fields})
    chosen = in_language or language()
    return [
        (name, spec.fields[name].name.text(chosen), answer_text(kind, name, item.values.get(name)))
        for name in shown(spec.fields, item.values)
    ]


def answer_text(kind: Kind, name: str, value: Any) -> str:
    """An answer for people; days as they are written here."""
    if kind.fields[name].type == "day" and value:
        return date_format(date.fromisoformat(value), "j F Y")
    return value_text(kind, name, value)
