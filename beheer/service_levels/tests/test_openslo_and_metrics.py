"""Norms for other programs: OpenSLO documents, Prometheus gauges, alerts for an Alertmanager."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import yaml
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
  indicator: {metadata: {name: good}, spec: {ratioMetric: {counter: true}}}
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
    assert len(import_openslo(actor=SYSTEM, agreement=agreement, text=text, now=START).norms) == 3
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


GOOD = "indicator: {metadata: {name: good}, spec: {ratioMetric: {counter: true}}}"
SEVERAL = FOREIGN.replace(
    "    - {displayName: Foo, targetPercent: 99.5}\n",
    "    - {displayName: Good, target: 0.995}\n    - {displayName: Very good, targetPercent: 99.95}\n",
)


def test_each_objective_of_an_slo_becomes_a_norm(agreement: Agreement) -> None:
    def targets() -> dict[str, float]:
        return dict(Norm.objects.values_list("key", "target"))

    import_openslo(actor=SYSTEM, agreement=agreement, text=SEVERAL, now=START)
    expected = {"web-availability-good": 0.995, "web-availability-very-good": 0.9995}
    assert targets() == expected
    assert sorted(Norm.objects.values_list("name", flat=True)) == ["Web: Good", "Web: Very good"]
    before = {one.key: norm_entry(one) for one in Norm.objects.all()}
    import_openslo(actor=SYSTEM, agreement=agreement, text=SEVERAL, now=START)
    text = export_openslo(agreement)
    Norm.objects.all().delete()
    import_openslo(actor=SYSTEM, agreement=agreement, text=text, now=START)
    assert {one.key: norm_entry(one) for one in Norm.objects.all()} == before


def test_objectives_without_a_name_are_numbered(agreement: Agreement) -> None:
    text = SEVERAL.replace("displayName: Good, ", "").replace("displayName: Very good, ", "")
    import_openslo(actor=SYSTEM, agreement=agreement, text=text, now=START)
    assert sorted(Norm.objects.values_list("key", flat=True)) == ["web-availability-1", "web-availability-2"]


def test_what_is_not_taken_over_is_told(agreement: Agreement) -> None:
    more = """
---
apiVersion: openslo/v1
kind: AlertPolicy
metadata: {name: page}
spec: {conditions: [{conditionRef: burns}]}
"""
    text = FOREIGN.replace(GOOD, f"{GOOD}\n  alertPolicies: [page]") + more
    told = [
        one.message
        for one in import_openslo(actor=SYSTEM, agreement=agreement, text=text, now=START).passed_over
    ]
    assert [one.split(":")[0] for one in told] == [
        "Service 'web'", "SLO 'web-availability'", "SLO 'web-availability'", "AlertPolicy 'page'",
    ]  # fmt: skip
    assert "burn-rate alerts" in told[1] and "states of the service" in told[2] and "burn-rate" in told[3]


def test_a_metric_of_another_system_becomes_the_indicator_that_annotations_name(agreement: Agreement) -> None:
    annotations = (
        """annotations: {beheer.norm/indicator: '"response"', beheer.norm/settings: '{"within": 0.5}'}"""
    )
    threshold = "op: lte, value: 500, targetPercent: 99.5}"
    text = FOREIGN.replace("displayName: Web}", f"displayName: Web, {annotations}}}")
    import_openslo(
        actor=SYSTEM, agreement=agreement, text=text.replace("targetPercent: 99.5}", threshold), now=START
    )
    found = Norm.objects.get()
    assert (found.indicator, found.settings["within"], found.target) == ("response", 0.5, 0.995)


@pytest.mark.parametrize(
    ("old", "new", "field", "text"),
    [
        ("99.5}", "99.5, op: lte, value: 2}", "spec.objectives.0.value", "another system"),
        ("99.5}", "99.5, op: lte}", "spec.objectives.0.op", "another system"),
        ("99.5}", "99.5, timeSliceTarget: 0.9}", "spec.objectives.0.timeSliceTarget", "good in part"),
        ("99.5}", "99.5, compositeWeight: 2}", "spec.objectives.0.compositeWeight", "one indicator"),
        ("99.5}", "99.5, indicatorRef: x}", "spec.objectives.0.indicatorRef", "one indicator"),
        ("99.5}", "99.5, target: 0.9}", "spec.objectives.0", "not the same"),
        ("99.5}", "99.5}\n    - {target: 1.5}", "spec.objectives.1", "more than 1"),
        ("Occurrences", "RatioTimeslices", "spec.budgetingMethod", "cannot be said"),
        (
            "4w, isRolling: true",
            "1M, calendar: {timeZone: Asia/Tokyo}",
            "spec.timeWindow.0.calendar.timeZone",
            "in UTC, not in Asia/Tokyo",
        ),
        (
            "4w, isRolling: true",
            "1M, calendar: {startTime: '2026-01-15 00:00:00'}",
            "spec.timeWindow.0.calendar.startTime",
            "does not begin",
        ),
        (
            "4w, isRolling: true",
            "1w, calendar: {startTime: soon}",
            "spec.timeWindow.0.calendar.startTime",
            "no date",
        ),
        (
            GOOD,
            "indicator: {spec: {thresholdMetric: {}}}",
            "spec.indicator.spec.thresholdMetric",
            "another system",
        ),
        (
            "displayName: Web}",
            "annotations: {beheer.norm/target: '0.9'}}",
            "metadata.annotations.beheer.norm/target",
            "by itself",
        ),
    ],
)
def test_what_a_norm_cannot_say_is_refused_at_its_field(
    agreement: Agreement, old: str, new: str, field: str, text: str
) -> None:
    with pytest.raises(DocumentError, match=text) as caught:
        import_openslo(
            actor=SYSTEM, agreement=agreement, text=FOREIGN.replace(old, new), now=START, name="f.yaml"
        )
    problem = caught.value.problems[0]
    assert (problem.field, problem.file) == (field, "f.yaml")
    assert problem.remedy and problem.line
    assert Norm.objects.count() == 0


@pytest.mark.parametrize("period", ["day", "week", "month", "quarter", "year", "rolling 7d", "rolling 12h"])
def test_every_period_survives_the_round_trip(agreement: Agreement, norm: MakeNorm, period: str) -> None:
    norm(period=period)
    text = export_openslo(agreement)
    assert import_openslo(actor=SYSTEM, agreement=agreement, text=text, now=START).passed_over == []
    assert Norm.objects.get().period == period


def test_a_target_in_seconds_is_a_threshold_in_openslo(agreement: Agreement, norm: MakeNorm) -> None:
    norm(key="slow", indicator="response", target=0.5, settings={"percentile": 0.9})
    (found,) = yaml.safe_load_all(export_openslo(agreement))
    objective = found["spec"]["objectives"][0]
    assert (objective["op"], objective["value"]) == ("lte", 0.5)
    assert "thresholdMetric" in found["spec"]["indicator"]["spec"]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("  - displayName: Availability\n    target: 0.99\n", "  - target: 0.98\n", "another target"),
        ("duration: 1M", "duration: 1Y", "another period"),
        ("  objectives:\n", "  objectives:\n  - target: 0.5\n", "has one objective"),
    ],
)
def test_a_document_of_ours_that_was_changed_in_one_place_only_is_refused(
    agreement: Agreement, norm: MakeNorm, old: str, new: str, text: str
) -> None:
    norm()
    written = export_openslo(agreement)
    assert old in written
    with pytest.raises(DocumentError, match=text):
        import_openslo(actor=SYSTEM, agreement=agreement, text=written.replace(old, new), now=START)


def test_two_norms_of_one_name_in_a_file_are_refused(agreement: Agreement) -> None:
    with pytest.raises(DocumentError, match="is called 'web-availability' too"):
        import_openslo(actor=SYSTEM, agreement=agreement, text=f"{FOREIGN}---\n{FOREIGN}", now=START)


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


REFERRING = FOREIGN.replace(GOOD, "indicatorRef: good")
SLI = """
---
apiVersion: openslo/v1
kind: SLI
metadata: {name: good}
spec: {ratioMetric: {counter: true}}
"""


def test_an_indicator_that_is_not_in_the_file_is_not_taken_for_availability(agreement: Agreement) -> None:
    with pytest.raises(DocumentError, match=r"f.yaml:10: spec.indicatorRef.*'good'.*annotation"):
        import_openslo(actor=SYSTEM, agreement=agreement, text=REFERRING, now=START, name="f.yaml")
    assert Norm.objects.count() == 0


def test_an_indicator_is_found_in_the_same_file(agreement: Agreement) -> None:
    told = [
        one.message
        for one in import_openslo(
            actor=SYSTEM, agreement=agreement, text=REFERRING + SLI, now=START
        ).passed_over
    ]
    assert Norm.objects.get().indicator == "availability"
    assert [one.split(":")[0] for one in told] == ["Service 'web'", "SLO 'web-availability'"]
    metric = SLI.replace("ratioMetric: {counter: true}", "thresholdMetric: {metricSource: {type: x}}")
    with pytest.raises(DocumentError, match=r"spec.indicatorRef.*another system"):
        import_openslo(actor=SYSTEM, agreement=agreement, text=REFERRING + metric, now=START)


def test_an_indicator_that_is_referred_to_may_say_which_of_ours_it_is(agreement: Agreement) -> None:
    said = """{beheer.norm/indicator: '"response"', beheer.norm/settings: '{"within": 0.5}'}"""
    text = REFERRING + SLI.replace("good}", f"good, annotations: {said}}}")
    told = [
        one.message
        for one in import_openslo(actor=SYSTEM, agreement=agreement, text=text, now=START).passed_over
    ]
    found = Norm.objects.get()
    assert (found.indicator, found.settings) == ("response", {"within": 0.5})
    assert [one.split(":")[0] for one in told] == ["Service 'web'"]


def test_a_reference_that_is_no_name_is_refused_at_its_field(agreement: Agreement) -> None:
    text = REFERRING.replace("indicatorRef: good", "indicatorRef: [good]")
    with pytest.raises(DocumentError, match=r"spec\.indicatorRef"):
        import_openslo(actor=SYSTEM, agreement=agreement, text=text, now=START)


def test_an_slo_without_an_indicator_is_told(agreement: Agreement) -> None:
    text = FOREIGN.replace(f"  {GOOD}\n", "")
    told = [
        one.message
        for one in import_openslo(actor=SYSTEM, agreement=agreement, text=text, now=START).passed_over
    ]
    assert "names no indicator; availability" in told[-1]
