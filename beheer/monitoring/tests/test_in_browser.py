"""The pages of monitoring in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from beheer.monitoring.actions.batches import receive_batch
from beheer.monitoring.actions.checks import create_check
from beheer.monitoring.models import Agent, Check
from beheer.monitoring.tests.test_batches import batch, runs
from beheer.permissions.rules import SYSTEM
from beheer.ui.tests.browser import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def measured(agent: Agent, check: Check) -> Check:
    """A check with a quarter of an hour of results, and a heartbeat beside it."""
    now = timezone.now()
    results = [
        run.model_copy(update={"measured_at": now - timedelta(minutes=15 - place)})
        for place, run in enumerate(runs(check, "uuuuddddguuuuu"))
    ]
    receive_batch(actor=agent, batch=batch(results), now=now)
    values = {"key": "job", "name": "Job", "kind": "heartbeat", "service": check.service}
    create_check(actor=SYSTEM, values=values, now=now)
    return check


def test_the_pages_are_for_everyone(look_at: Callable[..., None], measured: Check) -> None:
    look_at(
        "/monitoring/checks/",
        "/monitoring/checks/port/?range=1h",
        "/monitoring/checks/job/",
        "/monitoring/checks/new/",
        "/monitoring/checks/new/?kind=http",
        "/monitoring/checks/port/change/",
        "/monitoring/state-changes/",
        "/monitoring/services/web/",
        "/monitoring/agents/",
        "/catalogue/services/web/",
    )


@pytest.mark.parametrize("scripts", [True, False])
def test_a_check_is_tried_and_saved(visitor: Visitor, measured: Check, scripts: bool) -> None:
    with visitor.page(scripts=scripts) as page:
        page.goto("/monitoring/checks/port/change/")
        page.fill("[name='settings.host']", "127.0.0.1")
        page.fill("[name='settings.port']", "1")
        page.click("button[name=try]")
        assert "refused" in page.locator(".tried").inner_text()
        page.fill("[name=name]", "Port one")
        page.click("button.primary[type=submit]")
        page.wait_for_url("**/monitoring/checks/port/")
        assert page.locator("h1").inner_text() == "Port one"


def test_a_new_result_shows_by_itself(visitor: Visitor, agent: Agent, measured: Check) -> None:
    with visitor.page() as page:
        page.goto("/monitoring/checks/port/")
        assert "run u" in page.locator("#check-now").inner_text()
        result = runs(measured, "g")[0].model_copy(update={"measured_at": timezone.now()})
        receive_batch(actor=agent, batch=batch([result]), now=timezone.now())
        page.evaluate("htmx.ajax('GET', location.href, {source: '#check-now', target: '#check-now'})")
        page.locator("#check-now", has_text="run g").wait_for()
