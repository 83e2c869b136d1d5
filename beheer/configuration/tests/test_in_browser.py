"""Pages of the catalogue, people, notifications, audit and configuration in a real browser, for everyone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from beheer.catalogue.models import Service
from beheer.configuration.actions import apply_configuration
from beheer.configuration.tests.test_apply import EXAMPLE
from beheer.notifications.actions import create_channel, send_test, subscribe
from beheer.permissions.rules import SYSTEM
from beheer.ui.tests.browser import Visitor

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def institution(visitor: Visitor) -> None:
    text = EXAMPLE.read_text()
    apply_configuration(actor=SYSTEM, text=text, name="beheer.yaml", now=NOW)
    values = {"key": "ops", "name": "Ops", "kind": "email", "settings": {"to": "ops@example.org"}}
    channel, _ = create_channel(actor=SYSTEM, values=values, now=NOW)
    subscribe(actor=SYSTEM, channel=channel, events=[], now=NOW)
    send_test(actor=SYSTEM, channel=channel, title="Test", body="It works.", now=NOW)


@pytest.mark.usefixtures("institution")
def test_the_catalogue_is_for_everyone(look_at: Callable[..., None]) -> None:
    look_at(
        "/catalogue/services/",
        "/catalogue/services/learning/",
        "/catalogue/services/learning/needs/",
        "/catalogue/map/",
        "/catalogue/customers/arts/",
        "/catalogue/items/db01/",
    )


@pytest.mark.usefixtures("institution")
def test_people_notifications_audit_and_configuration_are_for_everyone(look_at: Callable[..., None]) -> None:
    look_at(
        "/people/",
        "/people/accounts/alice/",
        "/people/teams/platforms/",
        "/people/account/",
        "/notifications/",
        "/notifications/channels/ops/",
        "/notifications/channels/new/",
        "/audit/",
        "/configuration/",
    )


@pytest.mark.usefixtures("institution")
def test_a_file_is_planned_and_applied_without_javascript(visitor: Visitor) -> None:
    with visitor.page("en", scripts=False) as page:
        page.goto("/configuration/")
        page.locator("textarea[name=text]").fill("services:\n  - {key: wiki, name: Wiki}\n")
        page.get_by_role("button", name="Show the plan").click()
        assert "wiki" in page.locator("main").inner_text()
        assert not Service.objects.filter(key="wiki").exists()
        page.get_by_role("button", name="Apply").click()
        page.wait_for_url("**/configuration/")
        assert Service.objects.filter(key="wiki").exists()
