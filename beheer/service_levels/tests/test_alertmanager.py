"""A real Alertmanager: it takes what we push, and what it sends on becomes states here."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from beheer.catalogue.models import Service
from beheer.monitoring.actions.alerts import register_source
from beheer.monitoring.actions.checks import create_check
from beheer.monitoring.models import Alert, StateChange
from beheer.monitoring.tasks import judge_alerts
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.alerting import push_alerts
from beheer.service_levels.actions.judging import judge_all
from beheer.service_levels.models import Agreement, VerdictChange
from beheer.service_levels.tests.conftest import MakeNorm, MakeState

PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
PATIENCE_S = 20
Value = TypeVar("Value")
CONFIG = """
route: {{receiver: beheer, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 1h}}
receivers:
  - name: beheer
    webhook_configs:
      - url: {address}/api/alerts/am
        send_resolved: true
        http_config: {{authorization: {{credentials: {secret}}}}}
"""
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def secret() -> str:
    return register_source(actor=SYSTEM, key="am", name="Alertmanager", now=timezone.now())[1]


@pytest.fixture
def alertmanager(live_server: LiveServer, secret: str, tmp_path: Path) -> Iterator[str]:
    """The address of an Alertmanager of its own that sends all alerts to us."""
    if PROGRAM is None:
        pytest.skip("There is no Alertmanager here: apt-get install prometheus-alertmanager")
    (tmp_path / "am.yml").write_text(CONFIG.format(address=live_server.url, secret=secret))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{free.getsockname()[1]}"
    arguments = [
        f"--config.file={tmp_path / 'am.yml'}", f"--storage.path={tmp_path / 'am'}",
        f"--web.listen-address={place}", "--cluster.listen-address=",
    ]  # fmt: skip
    with (tmp_path / "am.log").open("w") as log:
        process = subprocess.Popen([PROGRAM, *arguments], stdout=log, stderr=log)
    try:
        wait_for(lambda: answers(f"http://{place}/-/ready"))
        yield f"http://{place}"
    finally:
        process.terminate()
        process.wait(10)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except urllib.error.URLError:
        return False


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until something holds, and not longer than is decent. While the server writes, SQLite says nothing."""

    def known() -> bool:
        try:
            return holds()
        except OperationalError:
            return False

    deadline = time.monotonic() + PATIENCE_S
    while not known():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def once_free(act: Callable[[], Value]) -> Value:
    """Do it as soon as the server, which shares our connection on SQLite, is not in the midst of writing itself."""
    found: list[Value] = []

    def done() -> bool:
        found.append(act())
        return True

    wait_for(done)
    return found[0]


def known_alerts(address: str) -> list[dict[str, Any]]:
    with urllib.request.urlopen(f"{address}/api/v2/alerts", timeout=5) as answer:
        found: list[dict[str, Any]] = json.load(answer)
    return found


def tell(address: str, labels: dict[str, str], since: datetime, until: datetime | None = None) -> None:
    """Tell the Alertmanager of an alert, as a Prometheus would."""
    alert: dict[str, object] = {"labels": labels, "startsAt": since.isoformat()}
    if until is not None:
        alert["endsAt"] = until.isoformat()
    request = urllib.request.Request(
        f"{address}/api/v2/alerts", json.dumps([alert]).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=5).close()


def makes_check(service: Service, labels: dict[str, str]) -> None:
    values = {
        "key": f"alerts-{service.key}", "name": "Alerts", "kind": "alerts", "service": service, "interval_s": 3600,
        "settings": {"source": "am", "labels": labels},
    }  # fmt: skip
    create_check(actor=SYSTEM, values=values, now=timezone.now() - timedelta(hours=2))


def own_states(service: Service) -> list[str]:
    rows = StateChange.objects.filter(service=service, component=None).order_by("pk")
    return list(rows.values_list("state", flat=True))


def test_what_an_alertmanager_sends_becomes_states_and_service_levels(
    alertmanager: str, web: Service, agreement: Agreement, norm: MakeNorm
) -> None:
    agreed = norm(target=0.999, period="rolling 1d")
    makes_check(web, {"alertname": "SiteDown", "instance": "www*"})
    since = timezone.now() - timedelta(minutes=5)
    labels = {"alertname": "SiteDown", "instance": "www1", "severity": "critical"}
    tell(alertmanager, labels, since)
    tell(alertmanager, {"alertname": "Elsewhere"}, since)
    wait_for(lambda: own_states(web) == ["down"])
    wait_for(lambda: Alert.objects.count() == 2)
    assert Alert.objects.get(is_mapped=False).name == "Elsewhere"
    assert StateChange.objects.get(service=web, component=None).first_bad_at == since
    until = timezone.now()
    tell(alertmanager, labels, since, until)
    wait_for(lambda: own_states(web) == ["down", "up"])
    ended = Alert.objects.get(is_mapped=True)
    assert ended.ends_at is not None and abs(ended.ends_at - until) < timedelta(seconds=1)
    once_free(lambda: judge_alerts(timezone.now()))
    once_free(lambda: judge_all(timezone.now()))
    lost_s = (ended.ends_at - since).total_seconds()
    assert agreed.judgements.get().consumed_s == pytest.approx(lost_s)


def test_an_alertmanager_takes_our_norms_at_risk_and_sends_them_on(
    alertmanager: str, web: Service, mail: Service, agreement: Agreement, norm: MakeNorm, state: MakeState,
    settings: Settings,
) -> None:  # fmt: skip
    settings.ALERTMANAGER = alertmanager
    now = timezone.now()
    norm(target=0.999, period="rolling 30d")
    state(web, "up", now - timedelta(days=40))
    state(web, "down", now - timedelta(days=1))
    judge_all(now)
    makes_check(mail, {"alertname": "NormBreached", "agreement": agreement.key})
    assert once_free(lambda: push_alerts(now)) == 1
    (found,) = known_alerts(alertmanager)
    assert found["labels"] == {
        "alertname": "NormBreached", "severity": "critical", "agreement": "sla", "norm": "availability",
        "customer": "faculty",
    }  # fmt: skip
    began = VerdictChange.objects.get().recorded_at
    assert datetime.fromisoformat(found["startsAt"]).astimezone(UTC) == began.replace(
        microsecond=began.microsecond // 1000 * 1000
    )
    wait_for(lambda: own_states(mail) == ["down"])
    # told again at every pass: still one alert there, and one state here
    assert once_free(lambda: push_alerts(timezone.now())) == 1
    assert len(known_alerts(alertmanager)) == 1
    assert own_states(mail) == ["down"]
