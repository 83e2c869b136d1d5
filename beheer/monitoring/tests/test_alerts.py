"""Alerts that an Alertmanager tells of become results of the checks that take them up."""

from __future__ import annotations

import copy
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.lib.errors import Conflict, InputError, NotAllowed
from beheer.monitoring.actions.alerts import change_source, receive_alerts, register_source, remove_source
from beheer.monitoring.actions.checks import create_check
from beheer.monitoring.alert_wire import DeliveryAnswer, read_delivery
from beheer.monitoring.models import Alert, AlertSource, Check, ServiceState, StateChange
from beheer.monitoring.queries import timelines
from beheer.monitoring.tasks import forget_alerts, judge_alerts, sweep
from beheer.monitoring.tests.conftest import NOON
from beheer.people.actions import create_token
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
DOWN = {"alertname": "SiteDown", "instance": "www", "severity": "critical"}
SLOW = {"alertname": "SiteSlow", "instance": "www", "severity": "warning"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> AlertSource:
    return register_source(actor=SYSTEM, key="prom", name="Prometheus", now=NOON)[0]


@pytest.fixture
def check(source: AlertSource, web: Service) -> Check:
    """A check that is judged when something is told, and otherwise so rarely that tests say when."""
    values = {
        "key": "site", "name": "Site", "kind": "alerts", "service": web, "interval_s": 86_400,
        "settings": {"source": "prom", "labels": {"alertname": "Site*", "instance": "www"}},
    }  # fmt: skip
    return create_check(actor=SYSTEM, values=values, now=NOON)


def alert(labels: dict[str, str], since: datetime, until: datetime | None = None) -> dict[str, Any]:
    return {
        "status": "firing" if until is None else "resolved",
        "labels": labels,
        "annotations": {"summary": "The site does not answer."},
        "startsAt": since.isoformat(),
        "endsAt": until.isoformat() if until else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph",
        "fingerprint": labels["alertname"].lower(),
    }


def payload(*alerts: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": "4",
        "groupKey": "{}:{}",
        "status": "firing",
        "receiver": "beheer",
        "alerts": list(alerts),
    }


def told(source: AlertSource, now: datetime, *alerts: dict[str, Any]) -> DeliveryAnswer:
    delivery = read_delivery(json.dumps(payload(*alerts)).encode())
    return receive_alerts(actor=source, source=source, delivery=delivery, now=now)


def course(service: Service) -> list[tuple[str, datetime]]:
    """What the service's own state was, and from when on."""
    rows = timelines([service.pk], NOON - HOUR, NOON + 90 * HOUR).get(service.pk, [])
    return [(row.state, row.first_bad_at) for row in rows]


def test_a_firing_alert_makes_the_service_down_since_it_began_and_a_resolved_one_up(
    source: AlertSource, check: Check, web: Service
) -> None:
    told(source, NOON + 10 * MINUTE)  # an empty delivery: the source is heard of
    judge_alerts(NOON + 10 * MINUTE)
    judge_alerts(NOON + 11 * MINUTE)
    answer = told(source, NOON + 12 * MINUTE, alert(DOWN, NOON + 10.5 * MINUTE))
    assert (answer.received, answer.taken, answer.unmapped) == (1, 1, [])
    told(source, NOON + 20 * MINUTE, alert(DOWN, NOON + 10.5 * MINUTE, NOON + 18 * MINUTE))
    assert course(web) == [
        ("up", NOON + 10 * MINUTE), ("down", NOON + 10.5 * MINUTE), ("up", NOON + 18 * MINUTE),
    ]  # fmt: skip
    row = StateChange.objects.get(component=check, state="down")
    assert row.reason.startswith("firing: SiteDown www")
    assert row.recorded_at == NOON + 12 * MINUTE
    assert row.recorded_at - row.confirmed_at < timedelta(milliseconds=1)  # known when it was told


def test_the_same_delivery_again_changes_nothing(source: AlertSource, check: Check, web: Service) -> None:
    firing = alert(DOWN, NOON + 10 * MINUTE)
    for minute in (11, 12, 40):
        told(source, NOON + minute * MINUTE, firing)
    ended = alert(DOWN, NOON + 10 * MINUTE, NOON + 50 * MINUTE)
    for minute in (51, 52, 90):
        told(source, NOON + minute * MINUTE, ended)
    assert Alert.objects.count() == 1
    assert course(web) == [("down", NOON + 10 * MINUTE), ("up", NOON + 50 * MINUTE)]
    assert StateChange.objects.filter(component=None).count() == 2


def test_an_outage_that_is_heard_of_when_it_is_over_is_still_known(
    source: AlertSource, check: Check, web: Service
) -> None:
    told(source, NOON + MINUTE)
    judge_alerts(NOON + MINUTE)
    told(source, NOON + 30 * MINUTE, alert(DOWN, NOON + 10 * MINUTE, NOON + 20 * MINUTE))
    assert course(web) == [
        ("up", NOON + MINUTE), ("down", NOON + 10 * MINUTE), ("up", NOON + 20 * MINUTE),
    ]  # fmt: skip


def test_of_several_alerts_the_gravest_says_how_the_service_is(
    source: AlertSource, check: Check, web: Service
) -> None:
    slow, down = NOON + 5 * MINUTE, NOON + 8 * MINUTE
    told(source, NOON + 6 * MINUTE, alert(SLOW, slow))
    told(source, NOON + 9 * MINUTE, alert(SLOW, slow), alert(DOWN, down))
    told(source, NOON + 21 * MINUTE, alert(SLOW, slow), alert(DOWN, down, NOON + 20 * MINUTE))
    told(source, NOON + 31 * MINUTE, alert(SLOW, slow, NOON + 30 * MINUTE))
    assert course(web) == [
        ("degraded", slow), ("down", down), ("degraded", NOON + 20 * MINUTE), ("up", NOON + 30 * MINUTE),
    ]  # fmt: skip


def test_what_no_check_takes_up_is_named_and_kept(source: AlertSource, check: Check, web: Service) -> None:
    other = {"alertname": "DiskFull", "instance": "db"}
    answer = told(source, NOON + MINUTE, alert(DOWN, NOON), alert(other, NOON))
    assert (answer.received, answer.taken) == (2, 1)
    assert answer.unmapped[0].labels == other
    assert "kind Alerts" in answer.unmapped[0].remedy
    assert Alert.objects.get(is_mapped=False).name == "DiskFull db"
    values = {
        "key": "disk", "name": "Disk", "kind": "alerts", "service": web,
        "settings": {"source": "prom", "labels": {"alertname": "DiskFull"}},
    }  # fmt: skip
    disk = create_check(actor=SYSTEM, values=values, now=NOON + 5 * MINUTE)
    judge_alerts(NOON + 5 * MINUTE)
    assert not Alert.objects.filter(is_mapped=False).exists()
    disk.state.refresh_from_db()
    assert (disk.state.state, disk.state.since_at) == (
        "down",
        NOON + 5 * MINUTE,
    )  # not before it was told how


def test_a_begin_ahead_of_our_clock_is_now_and_one_before_the_last_change_is_that_change(
    source: AlertSource, check: Check, web: Service
) -> None:
    told(source, NOON + 10 * MINUTE, alert(DOWN, NOON + 3 * HOUR))
    assert course(web) == [("down", NOON + 10 * MINUTE)]
    told(source, NOON + 20 * MINUTE, alert(DOWN, NOON + 10 * MINUTE, NOON + 19 * MINUTE))
    told(
        source, NOON + 30 * MINUTE, alert(DOWN, NOON + 12 * MINUTE)
    )  # fires again, and says: since before its end
    assert course(web)[1:] == [("up", NOON + 19 * MINUTE), ("down", NOON + 30 * MINUTE)]


def test_an_alert_that_is_not_told_again_says_nothing_any_more(
    source: AlertSource, check: Check, web: Service
) -> None:
    told(source, NOON + MINUTE, alert(DOWN, NOON + MINUTE))
    Check.objects.update(interval_s=60 * 60 * 6)
    judge_alerts(NOON + 11 * HOUR)
    assert ServiceState.objects.get(service=web).state == "down"
    judge_alerts(NOON + 18 * HOUR)
    state = ServiceState.objects.get(service=web)
    assert (state.state, state.reason) == ("unknown", "SiteDown www is not told any more")


def test_a_source_that_fell_silent_is_unknown_where_the_check_asks_to_hear_of_it(
    source: AlertSource, web: Service
) -> None:
    labels = {"alertname": "SiteDown"}
    for key, settings in {"trusting": {}, "watching": {"heard_s": 600}}.items():
        values = {
            "key": key, "name": key, "kind": "alerts", "service": web, "interval_s": 60,
            "settings": {"source": "prom", "labels": labels, **settings},
        }  # fmt: skip
        create_check(actor=SYSTEM, values=values, now=NOON)
    judge_alerts(NOON + MINUTE)
    assert set(Check.objects.values_list("state__last_message", flat=True)) == {
        "waiting for the first delivery"
    }
    told(source, NOON + 2 * MINUTE)
    for minute in (2, 10, 20):
        judge_alerts(NOON + minute * MINUTE)
        sweep(NOON + minute * MINUTE)
    states = dict(Check.objects.values_list("key", "state__state"))
    assert states == {"trusting": "up", "watching": "unknown"}


def test_a_source_speaks_for_itself_only(
    client: Client, source: AlertSource, check: Check, alice: User, bob: User
) -> None:
    other, secret = register_source(actor=SYSTEM, key="other", name="Other", now=NOON)
    body = json.dumps(payload(alert(DOWN, NOON)))

    def post(key: str, token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return client.post(
            f"/api/alerts/{key}", body, content_type="application/json", headers=headers
        ).status_code

    assert post("other", secret) == 200
    assert post("prom", secret) == 403
    assert post("prom", "bhs_wrong") == 401
    assert post("nowhere", secret) == 404
    change_source(actor=SYSTEM, source=other, values={"is_enabled": False}, now=NOON)
    assert post("other", secret) == 403
    assert (
        post(
            "prom",
            create_token(actor=alice, user=alice, name="t", days=9, is_read_only=False, now=timezone.now())[
                1
            ],
        )
        == 200
    )
    assert (
        post(
            "prom",
            create_token(actor=bob, user=bob, name="t", days=9, is_read_only=False, now=timezone.now())[1],
        )
        == 403
    )


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"version": "3"}, "version"),
        ({"alerts": "none"}, "alerts"),
        ({"alerts": [{"status": "burning", "labels": {}, "startsAt": "noon"}]}, "alerts.0.startsAt"),
        ({"alerts": [alert(DOWN, NOON, NOON - HOUR)]}, "alerts.0"),
    ],
)
def test_what_cannot_be_read_is_refused_by_field_and_stays_to_be_seen(
    client: Client, check: Check, changed: dict[str, Any], field: str
) -> None:
    source, secret = register_source(actor=SYSTEM, key="wrong", name="Wrong", now=NOON)
    body = {**copy.deepcopy(payload()), **changed}
    answer = client.post(
        "/api/alerts/wrong", json.dumps(body), content_type="application/json",
        headers={"Authorization": f"Bearer {secret}"},
    )  # fmt: skip
    assert answer.status_code == 422
    problems = answer.json()["problems"]
    assert field in {one["field"] for one in problems}
    assert all(one["remedy"] for one in problems)
    source.refresh_from_db()
    assert source.refused and source.heard_at is None


def test_a_check_needs_a_source_that_is_known_and_a_source_in_use_stays(
    source: AlertSource, check: Check, web: Service, bob: User
) -> None:
    values = {
        "key": "lost", "name": "Lost", "kind": "alerts", "service": web,
        "settings": {"source": "nagios", "labels": {"alertname": "x"}},
    }  # fmt: skip
    with pytest.raises(InputError, match=r"settings.source: There is no source of alerts 'nagios'"):
        create_check(actor=SYSTEM, values=values, now=NOON)
    with pytest.raises(Conflict, match="site"):
        remove_source(actor=SYSTEM, source=source, now=NOON)
    with pytest.raises(NotAllowed):
        register_source(actor=bob, key="mine", name="Mine", now=NOON)


def test_alerts_that_ended_long_ago_are_forgotten(source: AlertSource, check: Check) -> None:
    told(source, NOON + MINUTE, alert(DOWN, NOON, NOON + MINUTE), alert(SLOW, NOON))
    assert forget_alerts(NOON + 31 * 24 * HOUR) == 1
    assert Alert.objects.get().name == "SiteSlow www"
