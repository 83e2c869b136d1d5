"""Planned windows stand on the change calendar of work, each once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.windows import WindowDraft, cancel_window, plan_window
from beheer.service_levels.models import PlannedWindow
from beheer.service_levels.tests.conftest import MakePerson
from beheer.work.actions import create

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAGE = "/work-items/calendar/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def bob(person: MakePerson, client: Client) -> Client:
    client.force_login(person("bob", "lead"))
    return client


def plan(web: Service, reason: str, **values: object) -> PlannedWindow:
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + 2 * DAY
    given = {"starts_at": start, "ends_at": start + HOUR, "reason": reason, **values}
    return plan_window(actor=SYSTEM, draft=WindowDraft(services=[web], **given), now=timezone.now())  # type: ignore[arg-type]


def test_a_window_stands_on_the_calendar_and_leads_to_its_page(web: Service, bob: Client) -> None:
    window = plan(web, "New disks")
    page = bob.get(PAGE).content.decode()
    assert page.count(f'href="/service-levels/windows/{window.pk}/"') == 2
    assert 'class="plan agreed"' in page
    cancel_window(actor=SYSTEM, window=window, now=timezone.now())
    assert "New disks" not in bob.get(PAGE).content.decode()


def test_the_window_of_a_change_that_is_shown_is_not_shown_beside_it(web: Service, bob: Client) -> None:
    start = timezone.now() + DAY
    values = {
        "title": "Move the database", "description": "x", "service": "web", "change_type": "normal",
        "risk": "low", "impact": "low", "urgency": "low", "planned_start": start, "planned_end": start + HOUR,
    }  # fmt: skip
    item = create(actor=SYSTEM, kind="change", values=values, now=timezone.now())
    plan(web, f"{item.number} Move the database", uid=f"work:{item.number}")
    plan(web, "CHG-0 Done already", uid="work:CHG-0")
    page = bob.get(PAGE)
    assert [one.reason for one in page.context["windows"]] == ["CHG-0 Done already"]


def test_a_window_over_midnight_says_on_each_day_what_it_takes_of_it(web: Service, bob: Client) -> None:
    monday = timezone.localtime() + 7 * DAY
    start = monday.replace(hour=22, minute=0, second=0, microsecond=0)
    plan(web, "Long", starts_at=start, ends_at=start + timedelta(hours=28))
    weeks = bob.get(PAGE).context["weeks"]
    assert [time for week in weeks for day in week for _window, time in day.windows] == [
        "22:00",
        "",
        "–02:00",
    ]


def test_of_a_day_with_many_windows_the_first_are_shown_and_the_rest_is_counted(
    web: Service, bob: Client
) -> None:
    for number in range(6):
        plan(web, f"Window {number}")
    assert "and 2 more windows" in bob.get(PAGE).content.decode()


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_calendar_with_windows_fits_and_is_accessible(web: Service, look_at: Callable[..., None]) -> None:
    for number in range(6):
        plan(web, f"Window {number} with a long name that says what is done", recurrence="FREQ=WEEKLY")
    window = plan(web, "Extra dates", recurrence="RDATE:20361229T210000Z,20361230T210000Z,20361231T210000Z")
    look_at(PAGE, "/service-levels/windows/", f"/service-levels/windows/{window.pk}/")


def test_the_calendar_asks_as_often_for_many_windows_as_for_one(web: Service, bob: Client) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            bob.get(PAGE)
        return len(queries)

    plan(web, "Window")
    bob.get(PAGE)
    few = asked()
    for number in range(12):
        plan(web, f"Window {number}", recurrence="FREQ=DAILY")
    assert asked() == few


def test_the_api_lists_windows_with_their_times(web: Service, bob: Client, person: MakePerson) -> None:
    window = plan(web, "Patches", recurrence="FREQ=DAILY", uid="patches@x")
    span = {"since": window.starts_at.isoformat(), "until": (window.starts_at + 3 * DAY).isoformat()}
    (row,) = bob.get("/api/change-calendar/windows", span).json()
    assert (row["key"], row["services"], row["number"], len(row["times"])) == ("patches@x", ["web"], None, 3)
    wrong = bob.get("/api/change-calendar/windows", {**span, "until": span["since"]})
    assert (wrong.status_code, wrong.json()["problems"][0]["field"]) == (422, "end")
    bob.force_login(person("charlie", "user"))
    assert bob.get("/api/change-calendar/windows", span).status_code == 403


def test_of_many_windows_only_those_that_are_shown_are_read(web: Service, bob: Client) -> None:
    for number in range(60):
        plan(web, f"Window {number}")
    with CaptureQueriesContext(connection) as queries:
        found = bob.get(PAGE).context
    assert (len(found["windows"]), found["more_windows"]) == (40, 20)
    assert [len(day.windows) + day.more for week in found["weeks"] for day in week if day.windows] == [60]
    (told,) = [row["sql"] for row in queries if '"service_levels_plannedwindow"."reason"' in row["sql"]]
    assert told.partition(" IN (")[2].partition(")")[0].count(",") == 39
