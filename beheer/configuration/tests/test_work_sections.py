"""Own kinds, targets and rules of work in a file: apply and export are each other's inverse."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from beheer.catalogue.models import Service
from beheer.configuration.actions import apply_configuration
from beheer.configuration.queries import export
from beheer.lib.errors import DocumentError
from beheer.people.models import Team
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.models import Agreement
from beheer.work.definitions import built_in_texts
from beheer.work.models import KindVersion, ServiceRule, Target

MONDAY = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOUR = 3600
OFFICE = """\
timezone: Europe/Amsterdam
versions:
  - valid_from: 2020-01-01
    hours: {mon-fri: "09:00-17:00"}
"""
AGREEMENT = """\
customers: [{key: arts, name: Arts}]
calendars: [{key: always, name: Always, source: 24x7}]
agreements:
  - key: sla
    name: SLA
    customer: arts
    services: [webmail]
    calendar: always
    starts_on: 2026-01-01
    work_targets:
      - {kind: incident, clock: resolution, priority: 3, within: 120m}
      - {kind: incident, clock: response, within: 1h}
"""


@pytest.fixture
def service(db: None) -> Service:
    Team.objects.create(key="servers", name="Servers")
    Service.objects.create(key="alone", name="Alone")
    return Service.objects.create(key="webmail", name="Webmail")


def test_export_and_apply_are_each_others_inverse(service: Service) -> None:
    own = built_in_texts()["incident"].replace("kind: incident", "kind: desk_call").replace("INC", "DSK")
    own = own.split("monitoring:")[0]
    text = f"work_kinds:\n  - key: desk_call\n    text: |\n{_indented(own)}"
    text += """\
work_targets:
  - {kind: desk_call, clock: resolution, priority: 1, within: 90m}
  - {kind: incident, clock: response, service: webmail, within: none}
  - kind: incident
    clock: resolution
    service: alone
    within: 8h
    calendar: |
CALENDARHERE
outage_rules:
  - {key: webmail, when_back: ask, reopen_within: 1h, team: servers}
"""
    text = text.replace("CALENDARHERE\n", _indented(OFFICE))
    planned = apply_configuration(actor=SYSTEM, text=text, name="x.yaml", now=MONDAY, only_plan=True)
    assert planned.created == 5
    assert not Target.objects.exists()
    assert apply_configuration(actor=SYSTEM, text=text, name="x.yaml", now=MONDAY).created == 5
    assert apply_configuration(actor=SYSTEM, text=text, name="x.yaml", now=MONDAY).changes == ()
    written = export(actor=SYSTEM)
    assert apply_configuration(actor=SYSTEM, text=written, name="y.yaml", now=MONDAY).changes == ()
    assert KindVersion.objects.get(key="desk_call").is_built_in is False
    rule = ServiceRule.objects.get()
    assert (rule.when_back, rule.reopen_within_s) == ("ask", HOUR)


def _indented(text: str) -> str:
    return "".join(f"      {line}\n" if line else "\n" for line in text.splitlines())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("work_targets: [{kind: incident, clock: nothing, within: 4h}]", "no clock 'nothing'"),
        ("work_targets: [{kind: incident, clock: resolution, within: soon}]", "soon"),
        (
            "work_targets: [{kind: incident, clock: resolution, service: nope, within: 4h}]",
            "no 'nope' in services",
        ),
        ("outage_rules: [{key: nope}]", "no 'nope' in services"),
        ("work_kinds: [{key: mine, text: 'kind: mine'}]", "line 1"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(service: Service, text: str, said: str) -> None:
    with pytest.raises(DocumentError, match=said) as caught:
        apply_configuration(actor=SYSTEM, text=text, name="x.yaml", now=MONDAY)
    assert all(problem.line for problem in caught.value.problems)


def test_the_file_says_targets_and_gives_them_back(service: Service) -> None:
    text = AGREEMENT
    apply_configuration(actor=SYSTEM, text=text, name="x.yaml", now=MONDAY)
    written = export(actor=SYSTEM)
    assert "work_targets:" in written
    assert apply_configuration(actor=SYSTEM, text=written, name="x.yaml", now=MONDAY).changes == ()
    less = written.replace("within: 2h", "within: 150m")
    assert apply_configuration(actor=SYSTEM, text=less, name="x.yaml", now=MONDAY).changed == 1
    assert Agreement.objects.get().work_targets[0]["within_s"] == 150 * 60
    with pytest.raises(DocumentError, match="has no clock 'resolutie'"):
        text = written.replace("clock: resolution", "clock: resolutie")
        apply_configuration(actor=SYSTEM, text=text, name="x.yaml", now=MONDAY)


def test_what_people_know_stands_with_them(service: Service) -> None:
    text = "people: [{key: dana, email: dana@example.org, knows: {webmail: 3}}]"
    apply_configuration(actor=SYSTEM, text=text, name="x.yaml", now=MONDAY)
    written = export(actor=SYSTEM)
    assert "webmail: 3" in written
    assert apply_configuration(actor=SYSTEM, text=written, name="x.yaml", now=MONDAY).changes == ()
    for wrong, said in (("webmial: 3", "no 'webmial' in services"), ("webmail: 5", "no level of knowledge")):
        with pytest.raises(DocumentError, match=said):
            apply_configuration(
                actor=SYSTEM, text=text.replace("webmail: 3", wrong), name="x.yaml", now=MONDAY
            )
