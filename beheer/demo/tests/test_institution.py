"""The demonstration institution goes only into an empty store, is marked everywhere, and goes away without a trace."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from beheer.audit.queries import verify
from beheer.catalogue.actions import create_customer, create_service
from beheer.catalogue.models import Customer, Service
from beheer.configuration.actions import apply_configuration
from beheer.configuration.queries import export
from beheer.demo.actions import load_demo, remove_demo
from beheer.demo.history import CHARACTERS
from beheer.lib.errors import Conflict, NotAllowed
from beheer.monitoring.models import ServiceState, StateChange
from beheer.people.actions import create_user, grant_role
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.models import Agreement, PlannedWindow
from beheer.work.models import Event, Item

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def rows_that_are_not_simulated() -> dict[str, int]:
    found = {}
    for model in apps.get_models():
        if any(field.name == "is_simulated" for field in model._meta.fields):
            found[model._meta.label] = model._default_manager.filter(is_simulated=False).count()
    return found


def counts() -> dict[str, int]:
    skipped = {"audit", "contenttypes", "auth", "sessions"}
    kept = {"work.KindVersion", "work.Number", "catalogue.MapVersion"}
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.app_label not in skipped and model._meta.label not in kept
    }


def test_it_loads_whole_is_marked_applies_without_change_and_goes_away_without_a_trace(
    client: Client,
) -> None:
    before = counts()
    done = load_demo(actor=SYSTEM, now=NOW)
    assert done["outages"] > 80 and done["incidents"] > 100 and done["measurements"] > 100_000
    assert 20 <= Service.objects.count() <= 40 and set(CHARACTERS) == set(
        Service.objects.values_list("key", flat=True)
    )
    assert set(rows_that_are_not_simulated().values()) == {0}
    assert not apply_configuration(
        actor=SYSTEM, text=export(actor=SYSTEM), name="export.yaml", now=NOW, only_plan=True
    ).changes
    assert Agreement.objects.count() >= 6 and PlannedWindow.objects.count() >= 4
    assert ServiceState.objects.filter(state="down").exists()
    assert StateChange.objects.filter(component=None).count() > 200
    assert Event.objects.filter(verb="step").count() > 200
    assert not Item.objects.filter(phase="closed", closed_at=None).exists()
    assert verify().first_wrong_id is None
    assert not any(user.has_usable_password() for user in User.objects.filter(is_simulated=True))
    with pytest.raises(Conflict, match="loaded already"):
        load_demo(actor=SYSTEM, now=NOW)
    create_customer(actor=SYSTEM, values={"key": "real", "name": "Real"}, now=NOW)
    remove_demo(actor=SYSTEM, now=NOW)
    assert counts() == {**before, "catalogue.Customer": before["catalogue.Customer"] + 1}


def test_a_store_in_use_is_left_alone() -> None:
    create_service(actor=SYSTEM, values={"key": "web", "name": "Web"}, now=NOW)
    with pytest.raises(Conflict, match="in use"):
        load_demo(actor=SYSTEM, now=NOW)
    assert Service.objects.count() == 1 and not Customer.objects.exists()


def test_where_something_fails_nothing_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr("beheer.demo.actions.write_agreements", broken)
    with pytest.raises(RuntimeError):
        load_demo(actor=SYSTEM, now=NOW)
    assert not Service.objects.exists() and not User.objects.exists() and not StateChange.objects.exists()


def test_bob_may_not_load_it(client: Client) -> None:
    user, _ = create_user(actor=SYSTEM, username="bob", email="bob@example.org", now=NOW)
    grant_role(actor=SYSTEM, user=user, role="member", now=NOW)
    with pytest.raises(NotAllowed):
        load_demo(actor=User.objects.get(pk=user.pk), now=NOW)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    client.force_login(User.objects.get(pk=user.pk))
    assert client.post(reverse("demo:load")).status_code == 403
    assert not Service.objects.exists()
