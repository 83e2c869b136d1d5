"""The demonstration institution goes only into an empty store, is marked everywhere, and goes away without a trace."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
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
from beheer.demo.actions import FILE, load_demo, remove_demo
from beheer.demo.history import CHARACTERS
from beheer.demo.requests import ASKED, answers_at
from beheer.lib.errors import Conflict, NotAllowed
from beheer.monitoring.models import Check, ServiceState, StateChange
from beheer.people.actions import create_user, grant_role
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.profile.models import CaseParticipant, GradingCase, Post
from beheer.service_levels.models import Agreement, PlannedWindow
from beheer.work.actions import make_request, publish_request_model
from beheer.work.catalogue import current_models, spec_of
from beheer.work.models import Event, Item
from beheer.work.request_models.answers import problems, shown
from beheer.work.request_models.schema import RequestSpec

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
    own_var: Path,
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
    assert Item.objects.exclude(request_model=None).count() == done["requests"]
    removed = remove_demo(actor=SYSTEM, now=NOW)
    assert (removed.stays, removed.measurements) == ([], done["measurements"])
    assert not list((own_var / "measurements" / "raw").iterdir())
    assert counts() == {**before, "catalogue.Customer": before["catalogue.Customer"] + 1}


def person(name: str, **fields: Any) -> User:
    return User.objects.create(username=name, email=f"{name}@example.org", **fields)


def simulated_service() -> Service:
    service = Service.objects.create(key="made-up", name="Made up", is_simulated=True)
    Service.objects.create(key="free", name="Free", is_simulated=True)
    return service


def test_a_simulated_person_in_a_real_case_stays_with_the_reason_and_the_rest_goes() -> None:
    simulated_service()
    alice, bob = person("alice", is_simulated=True), person("bob", is_simulated=True)
    post = Post.objects.create(key="real", title="Real post")
    case = GradingCase.objects.create(reference="G-1", post=post, opened_at=NOW, profile_text={})
    CaseParticipant.objects.create(case=case, user=alice, role="holder")
    done = remove_demo(actor=SYSTEM, now=NOW)
    assert set(User.objects.values_list("username", flat=True)) == {"alice"}
    assert len(done.stays) == 1 and "alice" in done.stays[0] and "a grading of a post" in done.stays[0]
    assert not Service.objects.exists() and GradingCase.objects.count() == 1 and bob.pk


def test_a_simulated_service_with_a_real_check_and_a_form_of_a_real_request_stay() -> None:
    service = simulated_service()
    Check.objects.create(key="own", name="Own", kind="http", service=service, created_at=NOW, changed_at=NOW)
    spec = {"key": "x", "name": {"nl": "x", "en": "x"}, "service": "made-up", "simulated": True}
    spec |= {"defaults": {"request_type": "other"}}
    model = publish_request_model(actor=SYSTEM, spec=RequestSpec.model_validate(spec), now=NOW)
    charlie = person("charlie")
    item = make_request(actor=SYSTEM, model=model, answers={}, requester=charlie, now=NOW)
    done = remove_demo(actor=SYSTEM, now=NOW)
    assert [one.key for one in Service.objects.all()] == ["made-up"] and Check.objects.count() == 1
    assert len(done.stays) == 2 and item.number in " ".join(done.stays)
    model.refresh_from_db()
    assert not model.is_current  # its form is kept, but it can be asked for no more


def test_the_page_says_what_stays(client: Client) -> None:
    service = simulated_service()
    Check.objects.create(key="own", name="Own", kind="http", service=service, created_at=NOW, changed_at=NOW)
    user = person("root")
    grant_role(actor=SYSTEM, user=user, role="administrator", now=NOW)
    client.force_login(User.objects.get(pk=user.pk))
    answer = client.post(reverse("demo:remove"), follow=True)
    assert "Made up, since what is not simulated needs it: check" in answer.content.decode()


def test_the_answers_of_the_demonstration_pass_their_own_forms() -> None:
    apply_configuration(actor=SYSTEM, text=FILE.read_text(encoding="utf-8"), name="i.yaml", now=NOW)
    models = current_models()
    for key, given, _done in ASKED:
        fields = spec_of(models[key]).fields
        answers = answers_at(given, models[key], NOW)
        assert problems(fields, answers, NOW.date()) == [], key
        assert set(answers) == set(answers) & set(shown(fields, answers)), key


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
