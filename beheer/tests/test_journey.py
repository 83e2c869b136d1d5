"""From a probe to a report, with a fixed clock: every step of the loop, and the same figure at its end."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.core import mail

from beheer.catalogue.models import Service
from beheer.configuration.actions import apply_configuration
from beheer.measurements.queries import results
from beheer.monitoring.actions.agents import ensure_local_agent
from beheer.monitoring.actions.batches import receive_batch
from beheer.monitoring.models import Check, StateChange
from beheer.monitoring.probes import read_check
from beheer.monitoring.running import run_check
from beheer.monitoring.surroundings import here
from beheer.monitoring.tests.servers import closed_port, says, tcp_server
from beheer.monitoring.wire import Batch, RunResult
from beheer.notifications.actions import create_channel, subscribe
from beheer.notifications.tasks import deliver
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.reports import verify_report
from beheer.service_levels.models import Report
from beheer.service_levels.tasks import judge, seal
from beheer.work.models import Item
from beheer.work.tasks import answer_state_changes

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)  # 10:00 in Amsterdam, within office hours
EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "first-hour.yaml"
STEP = timedelta(seconds=5)
pytestmark = [pytest.mark.django_db, pytest.mark.real]


def measured(check: Check, port: int, at: datetime) -> RunResult:
    """Run the probe for real against this port, as if it were `at`."""
    ready = read_check("http", {"url": f"http://127.0.0.1:{port}/"}, check.conditions)
    result = run_check(ready, check.timeout_s, here())
    return RunResult(
        check_id=check.pk,
        check_version=check.version,
        outcome=result.outcome,
        message=result.message,
        metrics=result.metrics,
        measured_at=at,
        duration_s=result.duration_s,
    )


def deliver_results(found: list[RunResult]) -> None:
    """Send them as the agent does, twice: a batch that comes again changes nothing."""
    agent = ensure_local_agent(actor=SYSTEM, now=MONDAY)
    batch = Batch(batch_id=uuid4(), agent=agent.key, results=found)
    now = found[-1].measured_at + timedelta(seconds=1)
    assert not receive_batch(actor=agent, batch=batch, now=now).is_known
    assert receive_batch(actor=agent, batch=batch, now=now).is_known
    answer_state_changes(now)


def test_the_whole_loop_gives_the_seconds_that_were_lost_and_can_prove_it() -> None:
    text = EXAMPLE.read_text()
    apply_configuration(actor=SYSTEM, text=text, name=EXAMPLE.name, now=MONDAY - timedelta(days=90))
    channel, _ = create_channel(
        actor=SYSTEM, values={"key": "desk", "name": "Desk", "kind": "email", "settings": {"to": ["desk@example.org"]},
                              "gather_s": 0}, now=MONDAY,
    )  # fmt: skip
    subscribe(actor=SYSTEM, channel=channel, events=["incident.opened", "incident.resolved"], now=MONDAY)
    check, guide = Check.objects.get(key="guide-page"), Service.objects.get(key="guide")

    # measure: up, down for a minute, up again
    with tcp_server(says(b"<h1>Course guide</h1>")) as port:
        deliver_results([measured(check, port, MONDAY)])
        broken = closed_port()
        deliver_results([measured(check, broken, MONDAY + n * STEP) for n in range(1, 13)])
        deliver_results([measured(check, port, MONDAY + 13 * STEP)])
    assert [outcome.outcome for outcome in results(check.pk, MONDAY, MONDAY + timedelta(hours=1))].count(
        "down"
    ) == 12
    changes = StateChange.objects.filter(service=guide, component=None)
    assert [change.state for change in changes] == ["up", "down", "up"]
    assert changes[1].first_bad_at == MONDAY + STEP
    assert changes[1].confirmed_at == MONDAY + 2 * STEP

    # act: one incident, told and resolved
    item = Item.objects.get()
    assert (item.service, item.state) == (guide, "resolved")
    assert deliver(MONDAY + timedelta(minutes=5)) > 0
    assert any(item.number in message.subject + str(message.body) for message in mail.outbox)

    # judge: sixty seconds lost
    judge(MONDAY + timedelta(minutes=5))

    # prove: sealed when the month is over, and the same when computed again
    april = datetime(2026, 4, 10, 6, tzinfo=UTC)
    assert seal(april) >= 1
    report = Report.objects.get(agreement__key="arts-2026", starts_at=datetime(2026, 2, 28, 23, tzinfo=UTC))
    verified = verify_report(report)
    assert verified.is_intact and verified.is_same
    content = json.loads(report.content)
    figure = content["norms"][0]["figures"][0]["adjusted"]
    assert figure["figures"]["classes_us"]["down"] == 60_000_000
    assert (figure["figures"]["outages"], figure["verdict"]) == (1, "met")
    assert [work["number"] for work in content["outages"][0]["work"]] == [item.number]
