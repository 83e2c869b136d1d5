"""Calendars, agreements, norms and windows in a configuration file."""

from __future__ import annotations

import pytest
from django.utils import timezone

from beheer.configuration.actions import apply_configuration
from beheer.configuration.queries import export
from beheer.lib.errors import DocumentError
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.models import Agreement, Norm, PlannedWindow

pytestmark = pytest.mark.django_db

FILE = """
customers: [{key: arts, name: Arts}]
services: [{key: learning, name: Learning}, {key: post, name: Post}]
calendars:
  - key: office
    name: Office
    source: |
      timezone: Europe/Amsterdam
      holidays: NL
      versions: [{valid_from: 2020-01-01, hours: {mon-fri: "08:00-18:00"}}]
agreements:
  - key: arts-2027
    name: Arts 2027
    customer: arts
    services: [learning, post]
    calendar: office
    starts_on: 2027-01-01
    ends_on: 2027-12-31
    report: {each: quarter, recipients: [dean@example.org]}
    norms:
      - {key: up, name: Up, target: 0.995, rules: {planned_notice: 48h, degraded: 0.25, planned: exclude}}
      - {key: few, name: Few outages, indicator: reliability, target: 3, settings: {figure: outages}}
windows:
  - key: disks
    services: [learning]
    start: 2027-03-01T22:00:00+01:00
    end: 2027-03-02T02:00:00+01:00
    reason: New disks
    announced: 2026-02-20T12:00:00+01:00
    recurrence: FREQ=MONTHLY;COUNT=3
    notified: [arts]
"""


def test_a_file_is_applied_and_what_is_exported_applies_without_change() -> None:
    now = timezone.now()
    assert apply_configuration(actor=SYSTEM, text=FILE, name="f.yaml", now=now).created == 6
    assert Norm.objects.get(key="up").rules == {"planned_notice": "2d", "degraded": 0.25}
    assert not apply_configuration(actor=SYSTEM, text=export(actor=SYSTEM), name="e.yaml", now=now).changes
    again = apply_configuration(actor=SYSTEM, text=FILE, name="f.yaml", now=now)
    assert PlannedWindow.objects.count() == 1
    assert not again.changes


def test_a_norm_that_is_left_out_is_no_longer_judged() -> None:
    now = timezone.now()
    apply_configuration(actor=SYSTEM, text=FILE, name="f.yaml", now=now)
    fewer = "\n".join(line for line in FILE.splitlines() if "key: few" not in line)
    apply_configuration(actor=SYSTEM, text=fewer, name="f.yaml", now=now)
    assert Norm.objects.get(key="few").retired_on == now.date()


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("target: 0.995", "target: 100", "more than 1"),
        ("calendar: office", "calendar: ofice", "Did you mean 'office'"),
        ("ends_on: 2027-12-31", "ends_on: 2026-12-31", "before it begins"),
        ("planned: exclude", "planned: sometimes", "sometimes"),
        ('"08:00-18:00"', '"08:00-18:00 17:00-19:00"', "overlap"),
        ("end: 2027-03-02T02:00:00+01:00", "end: 2027-02-02T02:00:00+01:00", "ends before it starts"),
        ("FREQ=MONTHLY;COUNT=3", "FREQ=SOMETIMES", "recurrence"),
        ("indicator: reliability", "indicator: happiness", "no indicator"),
    ],
)
def test_a_wrong_file_says_what_and_where_and_changes_nothing(old: str, new: str, text: str) -> None:
    with pytest.raises(DocumentError, match=text) as caught:
        apply_configuration(actor=SYSTEM, text=FILE.replace(old, new), name="f.yaml", now=timezone.now())
    assert "f.yaml:" in str(caught.value)
    assert Agreement.objects.count() == 0
