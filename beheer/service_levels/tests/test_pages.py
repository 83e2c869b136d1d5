"""The pages: they open, in both languages; forms do what they say, and say what is wrong at the field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.monitoring.models import StateChange
from beheer.people.actions import create_user, grant_role
from beheer.people.models import Team
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.corrections import propose_correction
from beheer.service_levels.actions.judging import judge_all
from beheer.service_levels.actions.windows import WindowDraft, plan_window
from beheer.service_levels.icalendar_files import WindowEvent, write_windows
from beheer.service_levels.models import Agreement, Correction, Judgement, Norm, PlannedWindow
from beheer.service_levels.queries.standings import running
from beheer.service_levels.tests.conftest import START, MakeNorm, MakePerson, MakeState

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROOT = "/service-levels/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def world(
    web: Service, mail: Service, agreement: Agreement, norm: MakeNorm, state: MakeState, person: MakePerson
) -> Agreement:
    """An agreement about two services with a breached norm, windows and a proposed correction."""
    agreement.services.add(mail)
    norm()
    norm(key="mean", rules={"aggregate": "mean", "degraded": 0.25})
    norm(key="outages", indicator="reliability", target=2, settings={"figure": "outages"})
    norm(key="rolling", period="rolling 90d")
    for service in (web, mail):
        state(service, "up", START)
        state(service, "down", START + 5 * DAY)
        state(service, "up", START + 6 * DAY)
    alice = person("alice", "lead")
    draft = WindowDraft(
        services=[web],
        starts_at=START + DAY,
        ends_at=START + DAY + HOUR,
        reason="Disks",
        recurrence="FREQ=WEEKLY",
    )
    plan_window(actor=alice, draft=draft, now=START)
    propose_correction(
        actor=alice, service=web, starts_at=START + 5 * DAY, ends_at=START + 6 * DAY, makes="up",
        reason="The probe was away.", now=START + 7 * DAY,
    )  # fmt: skip
    judge_all(START + 10 * DAY)
    judge_all(timezone.now())
    return agreement


@pytest.fixture
def bob(person: MakePerson) -> Client:
    client = Client()
    client.force_login(person("bob", "lead"))
    return client


def pages() -> list[str]:
    window, correction = PlannedWindow.objects.get(), Correction.objects.get()
    norm = "agreements/sla/norms"
    at = "at=2026-10-10T00:00:00Z"
    return [
        "", "?verdict=breached", "agreements/", "agreements/new/", "agreements/sla/", "agreements/sla/edit/",
        f"{norm}/new/", f"{norm}/availability/", f"{norm}/availability/?{at}", f"{norm}/availability/?service=web&{at}",
        f"{norm}/mean/?{at}", f"{norm}/outages/?{at}", f"{norm}/rolling/?{at}", f"{norm}/availability/edit/",
        f"{norm}/availability/retire/", f"{norm}/availability/explain/?{at}",
        f"{norm}/availability/explain/?service=web&class=down&{at}", "services/web/",
        "services/web/stretch/?from=2026-10-06T00:00:00Z&until=2026-10-07T00:00:00Z", "customers/faculty/",
        "calendars/", "calendars/new/", "calendars/always/", "calendars/always/edit/", "calendars/always/version/",
        "windows/", "windows/?when=coming", "windows/new/", "windows/calendar/?from=2026-10-01", "windows/import/",
        "windows/export.ics", f"windows/{window.pk}/", f"windows/{window.pk}/edit/", "corrections/",
        "corrections/new/?service=web&from=2026-10-06T00:00:00Z", f"corrections/{correction.pk}/",
        "?export=csv", "windows/?export=xlsx", "corrections/?export=csv", "agreements/?export=csv",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["nl", "en"])
def test_every_page_opens(world: Agreement, bob: Client, language: str) -> None:
    for page in pages():
        answer = bob.get(ROOT + page, headers={"accept-language": language})
        assert answer.status_code == 200, page
        b"".join(answer) if answer.streaming else answer.content


def test_the_gravest_norms_stand_first(world: Agreement, bob: Client) -> None:
    rows = running(timezone.now()).order_by("pk")
    for row, verdict in zip(rows, ["met", "no_data", "at_risk", "breached"], strict=True):
        Judgement.objects.filter(pk=row.pk).update(verdict=verdict)
    exported = bob.get(ROOT, {"export": "csv"})
    lines = b"".join(exported).decode("utf-8-sig").splitlines()[1:]
    assert [line.partition(",")[0].strip('"') for line in lines] == ["breached", "at_risk", "no_data", "met"]


def test_nobody_sees_anything_without_signing_in(world: Agreement) -> None:
    for page in pages():
        assert Client().get(ROOT + page).status_code == 302, page


def test_an_ict_user_does_not_see_service_levels(world: Agreement, person: MakePerson) -> None:
    client = Client()
    client.force_login(person("charlie", "user"))
    assert client.get(ROOT).status_code == 403


def test_a_wrong_instant_or_service_in_the_address_gives_a_page_that_says_so(
    world: Agreement, bob: Client
) -> None:
    norm = f"{ROOT}agreements/sla/norms/availability/"
    assert bob.get(f"{norm}?at=yesterday").status_code in (400, 422)
    assert bob.get(f"{norm}?service=nope").status_code == 404
    assert bob.get(f"{ROOT}agreements/nope/").status_code == 404


def test_the_effect_of_a_correction_is_shown_and_then_approved(world: Agreement, bob: Client) -> None:
    correction = Correction.objects.get()
    page = bob.get(f"{ROOT}corrections/{correction.pk}/", headers={"accept-language": "en"}).content.decode()
    assert "96.752" in page  # a day lost of 31, of which 5 h are maintenance
    assert "100.000" in page
    refused = bob.post(f"{ROOT}corrections/{correction.pk}/decide/", {"refuse": "1", "decision": ""})
    assert b"says why" in refused.content
    bob.post(f"{ROOT}corrections/{correction.pk}/decide/", {"approve": "1", "decision": "Seen in the log."})
    correction.refresh_from_db()
    assert correction.state == "approved"


def test_a_norm_is_added_with_a_target_in_percent(world: Agreement, bob: Client) -> None:
    values = {
        "key": "new",
        "name": "New",
        "indicator": "availability",
        "target": "99,95 %",
        "period": "quarter",
    }
    answer = bob.post(f"{ROOT}agreements/sla/norms/new/", {**values, "min_outage": "5m", "planned": "as_up"})
    assert answer.status_code == 302
    norm = Norm.objects.get(key="new")
    assert (norm.target, norm.rules) == (0.9995, {"planned": "as_up", "min_outage": "5m"})


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("target", "100", "more than 1"),
        ("target", "0.0", "asks for nothing"),
        ("target", "much", "Write a number"),
        ("period", "fortnight", "not a period"),
        ("min_outage", "soon", "not a duration"),
        ("degraded", "1.5", "degraded time counts"),
        ("settings", "colour: blue", "no such field"),
    ],
)
def test_what_is_wrong_with_a_norm_stands_at_its_field(
    world: Agreement, bob: Client, field: str, value: str, text: str
) -> None:
    values = {
        "key": "new",
        "name": "New",
        "indicator": "availability",
        "target": "0.99",
        "period": "month",
        field: value,
    }
    answer = bob.post(f"{ROOT}agreements/sla/norms/new/", values)
    assert answer.status_code == 200
    assert any(text in error for error in answer.context["form"].errors[field])
    assert not Norm.objects.filter(key="new").exists()


def test_an_agreement_that_ends_before_it_begins_or_overlaps_another_is_refused(
    world: Agreement, bob: Client
) -> None:
    values = {
        "key": "second", "name": "Second", "customer": world.customer_id, "services": [world.services.all()[0].pk],
        "calendar": world.calendar_id, "timezone": "Europe/Amsterdam", "starts_on": "2026-05-01", "status": "active",
        "report_delay_days": "5", "report_language": "nl",
    }  # fmt: skip
    overlapping = bob.post(f"{ROOT}agreements/new/", values)
    assert "already holds" in str(overlapping.context["form"].errors["starts_on"])
    reversed_ = bob.post(f"{ROOT}agreements/new/", {**values, "ends_on": "2026-04-01"})
    assert "before it begins" in str(reversed_.context["form"].errors["ends_on"])
    assert Agreement.objects.count() == 1


def test_a_window_is_planned_changed_and_cancelled_on_the_pages(
    world: Agreement, bob: Client, web: Service
) -> None:
    values = {
        "reason": "Move", "services": [web.pk], "starts_at": "2030-01-01T10:00", "ends_at": "2030-01-01T12:00",
        "timezone": "Europe/Amsterdam", "recurrence": "",
    }  # fmt: skip
    bob.post(f"{ROOT}windows/new/", values)
    window = PlannedWindow.objects.get(reason="Move")
    assert window.starts_at == datetime(2030, 1, 1, 9, tzinfo=UTC)
    wrong = bob.post(f"{ROOT}windows/{window.pk}/edit/", {**values, "ends_at": "2029-01-01T12:00"})
    assert "ends_at" in wrong.context["form"].errors
    bob.post(f"{ROOT}windows/{window.pk}/edit/", {**values, "reason": "Moved"})
    changed = PlannedWindow.objects.get(reason="Moved")
    bob.post(f"{ROOT}windows/{changed.pk}/cancel/")
    changed.refresh_from_db()
    assert changed.ended_at is not None


def test_windows_are_taken_over_from_a_file(world: Agreement, bob: Client) -> None:
    event = WindowEvent(
        uid="1@x",
        starts_at=timezone.now() + DAY,
        ends_at=timezone.now() + 2 * DAY,
        reason="Taken over",
        services=("web",),
    )
    file = SimpleUploadedFile("x.ics", write_windows([event], START), "text/calendar")
    assert bob.post(f"{ROOT}windows/import/", {"file": file, "timezone": "UTC"}).status_code == 302
    assert PlannedWindow.objects.filter(reason="Taken over").count() == 1
    broken = SimpleUploadedFile("y.ics", b"hello", "text/calendar")
    assert "no iCalendar" in str(
        bob.post(f"{ROOT}windows/import/", {"file": broken, "timezone": "UTC"}).context["form"].errors
    )


def test_a_calendar_in_use_does_not_change_time_past(world: Agreement, bob: Client) -> None:
    office = 'timezone: UTC\nversions: [{valid_from: 2020-01-01, hours: {mon-fri: "08:00-18:00"}}]'
    values = {"name": "Always", "key": "always", "source": office, "reason": ""}
    answer = bob.post(f"{ROOT}calendars/always/edit/", values)
    assert "in the past" in str(answer.context["form"].errors["source"])
    later = (timezone.localdate() + timedelta(days=40)).isoformat()
    hours = {"valid_from": later, "hours": "mon-fri: 08:00-18:00", "reason": "Fewer people"}
    assert bob.post(f"{ROOT}calendars/always/version/", hours).status_code == 302
    world.calendar.refresh_from_db()
    assert later in world.calendar.source
    assert world.calendar.revisions.count() == 2


def test_lists_ask_the_store_as_often_for_many_norms_as_for_few(
    world: Agreement, bob: Client, norm: MakeNorm
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            bob.get(ROOT)
        return len(queries)

    few = asked()
    for number in range(8):
        norm(key=f"more-{number}")
    judge_all(timezone.now())
    assert asked() == few


def test_what_a_machine_wrote_is_told_in_the_readers_language(
    client: Client, web: Service, state: MakeState, person: MakePerson
) -> None:
    change = state(web, "unknown", START)
    StateChange.objects.filter(pk=change.pk).update(reason="no result for longer than the check allows")
    client.force_login(person("bob", "lead"))
    path = "/service-levels/services/web/stretch/?from=2026-10-01T00:00Z&until=2026-10-01T01:00Z"
    told = {
        language: client.get(path, headers={"Accept-Language": language}).content.decode()
        for language in ("en", "nl")
    }
    assert "no result for longer than the check allows" in told["en"]
    assert "langer geen resultaat dan de controle toestaat" in told["nl"]


def test_who_leads_one_team_only_reads_service_levels(client: Client, world: Agreement) -> None:
    team = Team.objects.create(key="web", name="Web")
    dora, _password = create_user(actor=SYSTEM, username="dora", email="dora@example.org", now=START)
    dora.must_change_password = False
    dora.save()
    grant_role(actor=SYSTEM, user=dora, role="lead", team=team, now=START)
    client.force_login(dora)
    for path in (ROOT, f"{ROOT}agreements/{world.key}/", "/api/agreements"):
        assert client.get(path).status_code == 200, path
