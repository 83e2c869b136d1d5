"""Checks are made, changed and removed by who may, and held to their kind."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django import Settings

from beheer.audit.models import Entry
from beheer.catalogue.models import Service
from beheer.lib.errors import Conflict, InputError, NotAllowed
from beheer.monitoring.actions import checks
from beheer.monitoring.actions.batches import receive_batch
from beheer.monitoring.actions.checks import KEPT, change_check, create_check, remove_check, try_check
from beheer.monitoring.actions.first_minute import ensure_self_monitoring
from beheer.monitoring.models import Agent, Check, CheckState, ServiceState, StateChange
from beheer.monitoring.tests.conftest import NOON
from beheer.monitoring.tests.test_batches import at, batch, runs, states
from beheer.people.models import User
from beheer.people.rules import token_hash
from beheer.permissions.rules import SYSTEM

TCP = {"host": "localhost", "port": 80}


def values(service: Service, **more: Any) -> dict[str, Any]:
    return {"key": "x", "name": "X", "kind": "tcp", "service": service, "settings": TCP, **more}


def test_bob_may_and_charlie_may_not(bob: User, charlie: User, web: Service) -> None:
    assert create_check(actor=bob, values=values(web), now=NOON).version == 1
    with pytest.raises(NotAllowed):
        create_check(actor=charlie, values=values(web, key="y"), now=NOON)
    with pytest.raises(NotAllowed):
        change_check(actor=charlie, check=Check.objects.get(), values={"name": "Z"}, now=NOON)
    with pytest.raises(NotAllowed):
        remove_check(actor=charlie, check=Check.objects.get(), now=NOON)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "telepathy"}, "kind"),
        ({"settings": {"host": "localhost", "prot": 80}}, "settings.prot"),
        ({"settings": {"host": "localhost"}}, "settings.port"),
        ({"settings": {"host": "localhost", "port": 70_000}}, "settings.port"),
        ({"conditions": {"down": ["connect_s >"]}}, "conditions.down.0"),
        ({"conditions": {"broken": []}}, "conditions.broken"),
        ({"timeout_s": 100.0, "interval_s": 60}, "timeout_s"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(web: Service, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        create_check(actor=SYSTEM, values=values(web, **wrong), now=NOON)
    assert field in {problem.field for problem in caught.value.problems}
    assert not Check.objects.exists()


def test_a_key_can_be_used_again_after_the_check_was_removed(web: Service) -> None:
    first = create_check(actor=SYSTEM, values=values(web), now=NOON)
    with pytest.raises(ValidationError):
        create_check(actor=SYSTEM, values=values(web), now=NOON)
    remove_check(actor=SYSTEM, check=first, now=NOON)
    create_check(actor=SYSTEM, values=values(web), now=NOON)
    with pytest.raises(Conflict):
        remove_check(actor=SYSTEM, check=first, now=NOON)


def test_a_removed_or_disabled_check_has_no_say_any_more(agent: Agent, check: Check) -> None:
    receive_batch(actor=agent, batch=batch(runs(check, "udd")), now=at(4))
    change_check(actor=SYSTEM, check=check, values={"is_enabled": False}, now=at(5))
    assert states(check.service) == [("up", 1), ("down", 2), ("unknown", 5)]
    change_check(actor=SYSTEM, check=check, values={"is_enabled": True}, now=at(6))
    receive_batch(actor=agent, batch=batch(runs(check, "u", start=7)), now=at(8))
    assert states(check.service)[-1] == ("up", 7)
    remove_check(actor=SYSTEM, check=check, now=at(9))
    assert states(check.service)[-1] == ("unknown", 9)


def test_a_check_that_moves_takes_its_state_along(agent: Agent, check: Check) -> None:
    receive_batch(actor=agent, batch=batch(runs(check, "dd")), now=at(4))
    old, new = check.service, Service.objects.create(key="new", name="New")
    change_check(actor=SYSTEM, check=check, values={"service": new}, now=at(5))
    assert states(old) == [("down", 1), ("unknown", 5)]
    assert states(new) == [("down", 5)]
    assert ServiceState.objects.get(service=new).cause_service == new


def test_each_change_is_a_new_version_and_no_change_is_none(check: Check) -> None:
    change_check(actor=SYSTEM, check=check, values={"interval_s": 30}, now=at(1))
    assert (check.version, check.changed_at) == (2, at(1))
    change_check(actor=SYSTEM, check=check, values={"interval_s": 30}, now=at(2))
    assert (check.version, check.changed_at) == (2, at(1))


def test_secrets_stay_covered_and_kept(web: Service) -> None:
    told = {"url": "http://localhost/", "user": "u", "password": "hunter2"}
    check = create_check(actor=SYSTEM, values=values(web, kind="http", settings=told), now=NOON)
    assert checks.shown_settings(check)["password"] == KEPT
    again = {**told, "password": KEPT, "url": "http://localhost/x"}
    change_check(actor=SYSTEM, check=check, values={"settings": again}, now=NOON)
    assert Check.objects.get().settings == {**told, "url": "http://localhost/x"}
    change_check(
        actor=SYSTEM, check=check, values={"settings": {**again, "password": "correct horse"}}, now=NOON
    )
    trail = json.dumps([entry.changes for entry in Entry.objects.all()])
    assert "hunter2" not in trail
    assert "correct horse" not in trail
    with pytest.raises(InputError, match="no secret yet"):
        try_check(
            actor=SYSTEM, service=web, kind="http", settings=again, conditions={}, timeout_s=1, now=NOON
        )


def test_trying_shows_the_result_and_keeps_nothing(web: Service, bob: User, charlie: User) -> None:
    asked = {"service": web, "kind": "tcp", "settings": {"host": "127.0.0.1", "port": 1}, "conditions": {}}
    result = try_check(actor=bob, **asked, timeout_s=2, now=NOON)  # type: ignore[arg-type]
    assert result.outcome == "down"
    assert "refused" in result.message
    assert not StateChange.objects.exists()
    with pytest.raises(NotAllowed):
        try_check(actor=charlie, **asked, timeout_s=2, now=NOON)  # type: ignore[arg-type]


def test_a_check_cannot_reach_what_the_allow_list_denies(
    web: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BEHEER_PROBE_DENY", "127.0.0.0/8")
    asked: dict[str, Any] = {"kind": "http", "settings": {"url": "http://127.0.0.1:1/"}, "conditions": {}}
    result = try_check(actor=SYSTEM, service=web, **asked, timeout_s=2, now=NOON)
    assert "denied" in result.message


def test_the_first_minute_measures_this_machine_and_beheer(
    db: None, tmp_path: Path, settings: Settings
) -> None:
    settings.VAR = tmp_path
    made = ensure_self_monitoring(actor=SYSTEM, now=NOON)
    assert made == Check.objects.count() >= 4
    assert {check.service.key for check in Check.objects.all()} == {"this-machine", "beheer"}
    place = tmp_path / "agent-token"
    assert place.stat().st_mode & 0o777 == 0o600
    token = place.read_text()
    assert ensure_self_monitoring(actor=SYSTEM, now=NOON) == 0
    assert place.read_text() == token
    remove_check(actor=SYSTEM, check=Check.objects.order_by("pk")[0], now=NOON)
    place.unlink()
    assert ensure_self_monitoring(actor=SYSTEM, now=NOON) == 0
    assert Agent.objects.get().token_hash == token_hash(place.read_text().strip())


def test_a_new_check_waits_for_its_first_result(check: Check) -> None:
    state = CheckState.objects.get(component=check)
    assert state.is_pending
    assert state.stale_at is not None
    assert state.stale_at > NOON + timedelta(seconds=check.allowance_s)
