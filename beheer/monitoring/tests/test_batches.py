"""A batch is stored durably, once, and turns into states and their changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from beheer.catalogue.models import Service
from beheer.lib.errors import InputError, NotAllowed
from beheer.measurements.queries import results, series
from beheer.measurements.schema import StoreFailed
from beheer.monitoring import storing
from beheer.monitoring.actions.agents import register_agent
from beheer.monitoring.actions.batches import receive_batch
from beheer.monitoring.actions.checks import create_check
from beheer.monitoring.models import Agent, Batch, Check, CheckState, ServiceState, StateChange
from beheer.monitoring.queries import timelines
from beheer.monitoring.tasks import sweep
from beheer.monitoring.tests.conftest import NOON
from beheer.monitoring.wire import Batch as Sent
from beheer.monitoring.wire import RunResult
from beheer.permissions.rules import SYSTEM

OUTCOMES = {"u": "up", "g": "degraded", "d": "down", "?": "unknown"}


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def runs(check: Check, outcomes: str, start: float = 1) -> list[RunResult]:
    return [
        RunResult.model_validate(
            {
                "check_id": check.pk, "check_version": 1, "outcome": OUTCOMES[letter], "message": f"run {letter}",
                "metrics": {"total_s": 0.1 * place}, "measured_at": at(start + place), "duration_s": 0.1,
            }
        )
        for place, letter in enumerate(outcomes)
    ]  # fmt: skip


def batch(results: Sequence[RunResult], agent: str = "local", batch_id: UUID | None = None) -> Sent:
    return Sent(batch_id=batch_id or uuid4(), agent=agent, results=list(results), own={"lag_s": 0.2})


def states(service: Service) -> list[tuple[str, float]]:
    rows = timelines([service.pk], at(-1000), at(100_000)).get(service.pk, [])
    return [(row.state, round((row.first_bad_at - NOON).total_seconds() / 60, 3)) for row in rows]


def test_results_become_measurements_states_and_changes(agent: Agent, check: Check) -> None:
    answer = receive_batch(actor=agent, batch=batch(runs(check, "uuddd")), now=at(6))
    assert (answer.stored, answer.ignored, answer.is_known) == (5, 0, False)
    assert len(series(check.pk, "total_s", at(0), at(60))) == 5
    assert [one.message for one in results(check.pk, at(0), at(60), limit=2)] == ["run d", "run d"]
    assert states(check.service) == [("up", 1), ("down", 3)]
    down = StateChange.objects.get(component=check, state="down")
    assert (down.first_bad_at, down.last_good_at, down.confirmed_at) == (at(3), at(2), at(4))
    assert (down.recorded_at, down.reason, down.claimed_by_work_at) == (at(6), "run d", None)
    state = CheckState.objects.get(component=check)
    assert (state.state, state.since_at, state.last_measured_at) == ("down", at(3), at(5))
    seen = Agent.objects.get(pk=agent.pk)
    assert (seen.last_seen_at, seen.own) == (at(6), {"lag_s": 0.2})


def test_the_same_batch_is_stored_once(agent: Agent, check: Check) -> None:
    sent = batch(runs(check, "udd"))
    receive_batch(actor=agent, batch=sent, now=at(5))
    again = receive_batch(actor=agent, batch=sent, now=at(6))
    assert again.is_known
    assert again.stored == 3
    assert len(series(check.pk, "total_s", at(0), at(60))) == 3
    assert StateChange.objects.filter(component=check).count() == 2


def test_what_was_broken_off_after_the_measurements_is_completed(
    agent: Agent, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = batch(runs(check, "uud"))
    with monkeypatch.context() as patch:
        patch.setattr("beheer.monitoring.actions.batches.judge_runs", _fails)
        with pytest.raises(ZeroDivisionError):
            receive_batch(actor=agent, batch=sent, now=at(5))
    assert not Batch.objects.exists()
    assert not receive_batch(actor=agent, batch=sent, now=at(6)).is_known
    assert len(series(check.pk, "total_s", at(0), at(60))) == 3
    assert states(check.service) == [("up", 1)]


def test_a_batch_that_comes_twice_at_once_is_judged_once(
    agent: Agent, check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = batch(runs(check, "udd"))
    real = storing.keep_measurements

    def meanwhile(batch_id: UUID, found: Sequence[storing.Run]) -> None:
        monkeypatch.undo()
        receive_batch(actor=agent, batch=sent, now=at(5))
        real(batch_id, found)

    monkeypatch.setattr("beheer.monitoring.actions.batches.keep_measurements", meanwhile)
    assert receive_batch(actor=agent, batch=sent, now=at(5)).is_known
    assert StateChange.objects.filter(component=check).count() == 2
    assert len(series(check.pk, "total_s", at(0), at(60))) == 3


def _fails(*arguments: object) -> int:
    raise ZeroDivisionError


def test_a_disk_that_is_full_leaves_everything_as_it_was(
    agent: Agent, check: Check, store_folder: Path
) -> None:
    store_folder.write_text("in the way")
    with pytest.raises(StoreFailed):
        receive_batch(actor=agent, batch=batch(runs(check, "uud")), now=at(5))
    assert not Batch.objects.exists()
    assert CheckState.objects.get(component=check).is_pending


def test_an_agent_speaks_only_of_its_own_checks(agent: Agent, check: Check) -> None:
    other, _ = register_agent(actor=SYSTEM, key="other", name="Other", now=NOON)
    answer = receive_batch(actor=other, batch=batch(runs(check, "dd"), "other"), now=at(5))
    assert (answer.stored, answer.ignored) == (0, 2)
    assert series(check.pk, "total_s", at(0), at(60)) == []
    with pytest.raises(InputError, match="of agent 'local'"):
        receive_batch(actor=other, batch=batch(runs(check, "dd"), "local"), now=at(5))


def test_an_agent_that_is_switched_off_is_not_heard(agent: Agent, check: Check) -> None:
    agent.is_enabled = False
    with pytest.raises(NotAllowed):
        receive_batch(actor=agent, batch=batch(runs(check, "dd")), now=at(5))


def test_silence_is_unknown_and_late_results_fill_it(agent: Agent, check: Check) -> None:
    receive_batch(actor=agent, batch=batch(runs(check, "uu")), now=at(3))
    assert sweep(at(4)) == 0
    assert sweep(at(30)) == 1
    assert states(check.service) == [("up", 1), ("unknown", round(2 + check.allowance_s / 60, 3))]
    assert sweep(at(31)) == 0
    receive_batch(actor=agent, batch=batch(runs(check, "uddu", start=3)), now=at(32))
    assert states(check.service) == [("up", 1), ("down", 4), ("up", 6)]
    assert sweep(at(32) + timedelta(seconds=31)) == 1
    assert ServiceState.objects.get(service=check.service).state == "unknown"


def test_a_silence_that_nobody_swept_is_told_when_results_come_again(agent: Agent, check: Check) -> None:
    receive_batch(actor=agent, batch=batch(runs(check, "uu")), now=at(3))
    receive_batch(actor=agent, batch=batch(runs(check, "u", start=30)), now=at(31))
    assert states(check.service) == [("up", 1), ("unknown", round(2 + check.allowance_s / 60, 3)), ("up", 30)]
    assert CheckState.objects.get(component=check).since_at == at(30)


def test_a_check_that_never_spoke_is_unknown_when_it_is_overdue(check: Check) -> None:
    assert states(check.service) == []
    assert sweep(at(3)) == 0
    assert sweep(at(10)) == 1
    assert ServiceState.objects.filter(service=check.service).count() == 0
    change = StateChange.objects.get(component=check)
    assert (change.state, change.last_good_at) == ("unknown", None)


def test_a_clock_that_is_ahead_does_not_stop_the_judging(agent: Agent, check: Check) -> None:
    receive_batch(actor=agent, batch=batch(runs(check, "u", start=10_000)), now=at(1))
    receive_batch(actor=agent, batch=batch(runs(check, "dd", start=2)), now=at(4))
    assert states(check.service) == [("up", 1), ("down", 2)]


def test_results_of_a_disabled_check_are_kept_but_not_judged(agent: Agent, check: Check) -> None:
    Check.objects.filter(pk=check.pk).update(is_enabled=False)
    receive_batch(actor=agent, batch=batch(runs(check, "dd")), now=at(4))
    assert len(series(check.pk, "total_s", at(0), at(60))) == 2
    assert states(check.service) == []


def test_a_check_that_flaps_tells_so(agent: Agent, check: Check) -> None:
    Check.objects.filter(pk=check.pk).update(confirm_after=1)
    receive_batch(actor=agent, batch=batch(runs(check, "ud" * 12 + "u" * 30)), now=at(60))
    rows = StateChange.objects.filter(component=None, service=check.service).order_by("pk")
    flags = [row.is_flapping for row in rows]
    assert True in flags
    assert not flags[0]
    assert (rows.last().state, rows.last().is_flapping) == ("up", False)  # type: ignore[union-attr]


def test_as_many_questions_for_many_results_as_for_few(
    agent: Agent, web: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    many = [
        create_check(
            actor=SYSTEM,
            values={
                "key": f"c{n}", "name": f"c{n}", "kind": "tcp", "service": web, "confirm_after": 1,
                "settings": {"host": "localhost", "port": 80},
            },
            now=NOON,
        )
        for n in range(60)
    ]  # fmt: skip
    sent = batch([run for one in many for run in runs(one, "ud")])
    with django_assert_max_num_queries(25):
        receive_batch(actor=agent, batch=sent, now=at(4))
    assert states(web)[-1] == ("down", 2)
