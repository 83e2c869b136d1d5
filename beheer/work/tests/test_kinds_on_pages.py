"""Every built-in kind is walked on its pages, as a person does, from its first state to each of its ends."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from django import forms
from django.test import Client

from beheer.people.models import Team, User
from beheer.work.definitions import built_in_texts, current_kinds, definition
from beheer.work.forms import KindForm
from beheer.work.kinds.schema import Kind
from beheer.work.models import Item
from beheer.work.models.approvals import ApprovalState
from beheer.work.tests.conftest import Estate, person
from beheer.work.views.items import asked_by

KINDS = sorted(built_in_texts())


def answer(name: str, field: forms.Field) -> Any:
    """Something that a person could fill in."""
    if name in ("service", "services"):
        found = field.queryset.get(key="webmail").pk  # type: ignore[attr-defined]
        return [found] if name == "services" else found
    if name == "requester" and field.required:
        return field.queryset.first().pk  # type: ignore[attr-defined]
    if name in ("team", "assignee", "requester", "customer", "items"):
        return ""
    if name in ("planned_start", "planned_end"):
        return "2027-03-01T20:00" if name == "planned_start" else "2027-03-01T22:00"
    if name == "change_type":
        return "normal"  # a standard change needs no approval
    if isinstance(field, forms.ChoiceField):
        return next(key for key, _title in list(field.choices) if key)  # type: ignore[arg-type]  # made when asked
    if isinstance(field, (forms.IntegerField, forms.FloatField, forms.DecimalField)):
        return "3"
    if isinstance(field, forms.DateTimeField):
        return "2027-03-01T20:00"
    if isinstance(field, forms.DateField):
        return "2027-03-01"
    if isinstance(field, forms.BooleanField):
        return "on"
    return "Made-up text"


def filled(kind: Kind, asked: dict[str, bool]) -> dict[str, Any]:
    form = KindForm(None, kind=kind, asked=asked)
    return {name: value for name, field in form.fields.items() if (value := answer(name, field)) != ""}


def ends(kind: Kind) -> list[list[str]]:
    """The shortest walk of steps to each state of phase closed."""
    walks: dict[str, list[str]] = {kind.initial: []}
    pending = deque([kind.initial])
    while pending:
        state = pending.popleft()
        for key, step in kind.steps_from(state).items():
            if step.to not in walks and not step.needs:
                walks[step.to] = [*walks[state], key]
                pending.append(step.to)
    return [walk for state, walk in walks.items() if kind.states[state].phase == "closed"]


def decide_all(item: Item, kind: Kind, step: str, judges: list[Client]) -> bool:
    """Where a step is the outcome of an approval, have it decided on the page. Gives whether it was one."""
    for key, spec in kind.approvals.items():
        if step in (spec.granted, spec.refused) and kind.steps[step].by == ["machine"]:
            row = item.approvals.filter(key=key, state=ApprovalState.ASKED).first()
            if row is None:
                return True  # granted at once
            given = {"word": "approve"} if step == spec.granted else {"word": "refuse", "reason": "No"}
            for judge in judges:  # those in order one after another
                row.refresh_from_db()
                if row.state == ApprovalState.ASKED:
                    judge.post(f"/work-items/{item.number}/approvals/{row.pk}/", given)
            return True
    return False


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("key", KINDS)
def test_a_kind_is_walked_from_its_first_state_to_each_end(
    estate: Estate, alice: User, team: Team, key: str, language: str
) -> None:
    kind = current_kinds()[key]
    doer, *judges = Client(), Client(), Client()
    doer.force_login(alice)
    for judge, name in zip(judges, ("dora", "erik"), strict=True):
        judge.force_login(person(name, "administrator", team))
    for client in (doer, *judges):
        client.cookies["django_language"] = language
    walks = ends(kind)
    assert walks
    for walk in walks:
        item = opened(doer, kind, key, language)
        for step in walk:
            item.refresh_from_db()
            take(item, kind, step, doer, judges)
        item.refresh_from_db()
        assert kind.states[item.state].phase == "closed", (key, walk, item.state)


def opened(doer: Client, kind: Kind, key: str, language: str) -> Item:
    page = doer.get(f"/work-items/new/{key}/").content.decode()
    assert kind.name.text(language) in page
    values = filled(kind, dict.fromkeys(kind.create, True))
    made = doer.post(f"/work-items/new/{key}/", values)
    assert made.status_code == 302, made.context["form"].errors
    return Item.objects.get(number=made["Location"].rstrip("/").rsplit("/", 1)[1])


def take(item: Item, kind: Kind, step: str, doer: Client, judges: list[Client]) -> None:
    spec = kind.steps[step]
    if item.state not in kind.sources(spec):
        return  # the machine took it already
    page = doer.get(f"/work-items/{item.number}/")
    assert page.status_code == 200
    if decide_all(item, kind, step, judges):
        return
    if spec.tasks_done:
        for task in item.tasks.filter(done_at=None):
            doer.post(f"/work-items/{item.number}/tasks/{task.pk}/", {"done": "1"})
        item.refresh_from_db()
    asked = asked_by(definition(item), item, step)
    values = filled(kind, asked) | {"version": item.version, "in_spite": "1"}
    done = doer.post(f"/work-items/{item.number}/steps/{step}/", values)
    assert done.status_code == 302, (item.kind, step, done.context and done.context["form"].errors)
