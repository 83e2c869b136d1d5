"""The pages of service levels in a real browser: in both languages, on desk and phone, for everyone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.calendars import add_calendar_version, save_calendar
from beheer.service_levels.actions.corrections import propose_correction
from beheer.service_levels.actions.judging import judge_all
from beheer.service_levels.actions.reports import seal_report
from beheer.service_levels.actions.windows import WindowDraft, plan_window
from beheer.service_levels.models import Agreement, Correction, PlannedWindow, Report
from beheer.service_levels.tests.conftest import MakeNorm, MakePerson, MakeState
from beheer.ui.tests.browser import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OFFICE = """# The desk
timezone: Europe/Amsterdam
holidays: NL
versions:
  - valid_from: 2020-01-01
    hours: {mon-fri: "08:00-18:00"}
"""


@dataclass(frozen=True)
class Room:
    """An agreement about two services with an outage, a window, a proposal and a sealed report."""

    agreement: Agreement
    correction: Correction
    window: PlannedWindow
    report: Report
    down_at: datetime


@pytest.fixture
def room(
    web: Service, mail: Service, agreement: Agreement, norm: MakeNorm, state: MakeState, person: MakePerson
) -> Room:
    now = timezone.now()
    begin = datetime(now.year, now.month, 1, tzinfo=UTC)
    last = (begin - DAY).replace(day=1)
    agreement.services.add(mail)
    agreement.starts_on = last.date()
    agreement.save()
    norm(key="mean", rules={"aggregate": "mean"})
    norm(key="web", services=[web], target=0.9999)
    norm(key="outages", indicator="reliability", target=2)
    norm(key="response", indicator="response", target=0.5)
    for service in (web, mail):
        state(service, "up", last)
    down_at = last + 3 * DAY
    state(web, "down", down_at)
    state(web, "degraded", down_at + HOUR)
    state(web, "up", down_at + 2 * HOUR)
    state(mail, "unknown", begin)
    state(mail, "up", begin + timedelta(minutes=1))
    correction = propose_correction(
        actor=person("alice", "lead"), service=web, starts_at=down_at, ends_at=down_at + HOUR, makes="exclude",
        reason="The probe was away.", now=now,
    )  # fmt: skip
    draft = WindowDraft(
        services=[web],
        starts_at=now + DAY,
        ends_at=now + DAY + HOUR,
        reason="Disks",
        recurrence="FREQ=MONTHLY",
    )
    window = plan_window(actor=SYSTEM, draft=draft, now=now)
    office = save_calendar(actor=SYSTEM, key="office", name="Office", source=OFFICE, now=now)
    later = (now + 40 * DAY).date()
    add_calendar_version(
        actor=SYSTEM, calendar=office, valid_from=later, hours={"mon-sat": "08:00-20:00"}, now=now
    )
    judge_all(now)
    report = seal_report(actor=SYSTEM, agreement=agreement, starts_at=last, now=now)
    return Room(agreement, correction, window, report, down_at)


def stamp(at: datetime) -> str:
    """An instant as it stands in an address."""
    return at.isoformat().replace("+00:00", "Z")


def test_the_pages_of_agreements_are_for_everyone(look_at: Callable[..., None], room: Room) -> None:
    norms = "/service-levels/agreements/sla/norms"
    at, later = (stamp(room.down_at + hours * HOUR) for hours in (-1, 3))
    look_at(
        "/service-levels/",
        "/service-levels/agreements/",
        "/service-levels/agreements/sla/",
        "/service-levels/agreements/sla/edit/",
        "/service-levels/agreements/new/",
        f"{norms}/mean/",
        f"{norms}/mean/explain/",
        f"{norms}/web/?at={at}",
        f"{norms}/web/explain/?class=down&at={at}",
        f"{norms}/outages/",
        f"{norms}/response/",
        f"{norms}/web/edit/",
        f"{norms}/new/",
        "/service-levels/services/web/",
        "/service-levels/customers/faculty/",
        f"/service-levels/services/web/stretch/?from={at}&until={later}",
    )


def test_the_pages_of_deviations_and_reports_are_for_everyone(
    look_at: Callable[..., None], room: Room
) -> None:
    look_at(
        "/service-levels/calendars/",
        "/service-levels/calendars/office/",
        "/service-levels/calendars/office/edit/",
        "/service-levels/calendars/office/version/",
        "/service-levels/windows/",
        "/service-levels/windows/new/",
        "/service-levels/windows/calendar/",
        "/service-levels/windows/import/",
        f"/service-levels/windows/{room.window.pk}/",
        f"/service-levels/windows/{room.window.pk}/edit/",
        "/service-levels/corrections/",
        "/service-levels/corrections/new/",
        f"/service-levels/corrections/{room.correction.pk}/",
        "/service-levels/reports/",
        f"/service-levels/reports/{room.report.pk}/",
        "/monitoring/alerts/",
    )


def test_a_figure_leads_to_its_states_in_two_clicks(visitor: Visitor, room: Room) -> None:
    at = stamp(room.down_at)
    with visitor.page() as page:
        page.goto(f"/service-levels/agreements/sla/norms/web/explain/?at={at}")
        page.get_by_role("link", name="Down").click()
        assert "class=down" in page.url
        page.get_by_role("link", name="What lies behind").first.click()
        assert "/service-levels/services/web/stretch/" in page.url
        assert page.get_by_text("down", exact=False).count() > 0


def test_the_effect_of_a_correction_shows_before_a_second_person_approves_it(
    visitor: Visitor, room: Room
) -> None:
    with visitor.page() as page:
        page.goto(f"/service-levels/corrections/{room.correction.pk}/")
        effect = page.locator("main").inner_text()
        assert "Breached" in effect and "100.000" in effect
        page.get_by_role("button", name="Approve").click()
        page.wait_for_url(f"**/corrections/{room.correction.pk}/")
    room.correction.refresh_from_db()
    assert room.correction.state == "approved"
    assert room.correction.decided_by == User.objects.get(username="visitor")
