"""Norms for other programs: OpenSLO documents, Prometheus gauges, alerts for an Alertmanager."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from beheer.catalogue.models import Service
from beheer.lib.errors import DocumentError
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.alerting import push_alerts
from beheer.service_levels.actions.judging import judge_all
from beheer.service_levels.actions.openslo_files import export_openslo, import_openslo
from beheer.service_levels.configuration import norm_entry
from beheer.service_levels.models import Agreement, Norm
from beheer.service_levels.tests.conftest import START, MakeNorm, MakePerson, MakeState

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db

FOREIGN = """apiVersion: openslo/v1
kind: Service
metadata: {name: web}
---
apiVersion: openslo/v1
kind: SLO
metadata: {name: web-availability, displayName: Web}
spec:
  service: web
  indicatorRef: something
  timeWindow:
    - {duration: 4w, isRolling: true}
  budgetingMethod: Occurrences
  objectives:
    - {displayName: Foo, targetPercent: 99.5}
"""


def test_norms_survive_the_round_trip_through_openslo(agreement: Agreement, norm: MakeNorm) -> None:
    norm(rules={"planned_notice": "2d", "degraded": 0.25})
    norm(key="rolling", period="rolling 90d", target=0.9995)
    norm(key="slow", indicator="response", target=0.5, settings={"percentile": 0.9}, period="quarter")
    before = {one.key: norm_entry(one) for one in Norm.objects.all()}
    text = export_openslo(agreement)
    Norm.objects.all().delete()
    assert import_openslo(actor=SYSTEM, agreement=agreement, text=text, now=START) == 3
    assert {one.key: norm_entry(one) for one in Norm.objects.all()} == before
    assert export_openslo(agreement) == text


def test_a_foreign_slo_becomes_a_norm_on_availability(agreement: Agreement) -> None:
    import_openslo(actor=SYSTEM, agreement=agreement, text=FOREIGN, now=START)
    found = Norm.objects.get()
    assert (found.key, found.target, found.period, found.indicator) == (
        "web-availability", 0.995, "rolling 28d", "availability",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("99.5}", "100}", "f.yaml:15.*leaves no time"),
        ("99.5}", "0}", "asks for nothing"),
        ("duration: 4w, isRolling: true", "duration: 4w", "f.yaml:12.*not a period"),
        ("service: web\n  ind", "service: nope\n  ind", "f.yaml:9.*no service 'nope'"),
        ("apiVersion: openslo/v1\nkind: SLO", "apiVersion: openslo/v9\nkind: SLO", "version is not known"),
        ("kind: SLO", "kind: SLI", "no SLO in this file"),
        ("objectives:", "objective:", "missing"),
    ],
)
def test_a_wrong_openslo_file_says_where(agreement: Agreement, old: str, new: str, text: str) -> None:
    with pytest.raises(DocumentError, match=f"(?s){text}"):
        import_openslo(
            actor=SYSTEM, agreement=agreement, text=FOREIGN.replace(old, new), now=START, name="f.yaml"
        )
    assert Norm.objects.count() == 0


@pytest.fixture
def breached(web: Service, agreement: Agreement, norm: MakeNorm, state: MakeState) -> Norm:
    now = timezone.now()
    made: Norm = norm(target=0.999999, period="rolling 7d")
    state(web, "up", now - 30 * DAY)
    state(web, "down", now - 2 * DAY)
    judge_all(now)
    return made


def test_verdicts_are_prometheus_gauges(breached: Norm, person: MakePerson) -> None:
    client = Client()
    client.force_login(person("bob", "lead"))
    text = client.get("/metrics").content.decode()
    labels = 'agreement="sla",norm="availability",indicator="availability",customer="faculty"'
    assert f'beheer_norm_verdict{{{labels},verdict="breached"}} 1' in text
    assert f'beheer_norm_verdict{{{labels},verdict="met"}} 0' in text
    assert f"beheer_norm_target{{{labels}}} 0.999999" in text
    assert Client(REMOTE_ADDR="203.0.113.5").get("/metrics").status_code == 404


def test_a_breached_norm_is_given_to_an_alertmanager(breached: Norm, settings: Settings) -> None:
    received: list[tuple[str, list[dict[str, dict[str, str]]]]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.ALERTMANAGER = f"http://127.0.0.1:{server.server_port}"
    assert push_alerts(timezone.now()) == 1
    server.shutdown()
    server.server_close()
    assert (
        push_alerts(timezone.now()) == 0
    )  # nobody listens any more: logged, and tried again at the next pass
    path, alerts = received[0]
    assert path == "/api/v2/alerts"
    assert alerts[0]["labels"]["alertname"] == "NormBreached"
