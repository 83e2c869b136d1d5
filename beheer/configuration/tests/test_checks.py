"""Checks in configuration as code: held to their kind before anything changes, and exported without secrets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from beheer.configuration.actions import apply_configuration
from beheer.configuration.queries import export
from beheer.configuration.rules import Plan
from beheer.lib.errors import DocumentError
from beheer.monitoring.models import Check
from beheer.permissions.rules import SYSTEM

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db

TEXT = """
services:
  - {key: web, name: Website}
check_groups:
  - {service: web, name: servers, needed: 1}
checks:
  - key: home-page
    name: Home page
    kind: http
    service: web
    group: servers
    settings: {url: "https://www.example.org/", user: monitor, password: hunter2}
    conditions: {down: ["status != 200"], degraded: ["total_s > 2"]}
    interval_s: 30
    confirm_after: 2
  - {key: backup, name: Backup, kind: heartbeat, service: web, settings: {period_s: 86400}}
"""


def apply_text(text: str) -> Plan:
    return apply_configuration(actor=SYSTEM, text=text, name="beheer.yaml", now=NOW, only_plan=False)


def test_checks_are_made_and_exported_and_the_export_changes_nothing() -> None:
    assert apply_text(TEXT).created == 4
    check = Check.objects.get(key="home-page")
    assert check.group is not None and check.group.name == "servers"
    assert Check.objects.get(key="backup").confirm_after == 1
    text = export(actor=SYSTEM)
    assert "hunter2" not in text
    plan = apply_text(text)
    assert (plan.created, plan.changed) == (0, 0)
    assert Check.objects.get(key="home-page").settings["password"] == "hunter2"


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("total_s > 2", "totl_s > 2", 13, "totl_s"),
        ("kind: http", "kind: htp", 9, "no kind of check"),
        ("group: servers", "group: severs", 11, "no group of checks"),
        ("period_s: 86400", "periods: 86400", 16, "There is no such field"),
        ("service: web, settings", "service: wbe, settings", 16, "There is no 'wbe'"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_nothing_is_made(
    old: str, new: str, line: int, message: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        apply_text(TEXT.replace(old, new))
    problem = caught.value.problems[0]
    assert message in problem.message
    assert problem.line == line
    assert not Check.objects.exists()


def test_a_secret_that_is_kept_must_be_there() -> None:
    with pytest.raises(DocumentError, match="no secret here yet"):
        apply_text(TEXT.replace("hunter2", '"********"'))
