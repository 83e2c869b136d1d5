"""Calendars of others: as Google, Outlook and Thunderbird write them, and what cannot be taken over."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import recurring_ical_events
from click.testing import CliRunner
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from icalendar import Calendar

from beheer.catalogue.models import Service
from beheer.lib.errors import DocumentError
from beheer.lib.intervals import from_us, to_us
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.window_files import Imported, import_windows
from beheer.service_levels.actions.windows import (
    WindowDraft,
    cancel_window,
    change_window,
    draft_of,
    plan_window,
)
from beheer.service_levels.icalendar_reading import read_windows
from beheer.service_levels.models import PlannedWindow
from beheer.service_levels.queries.facts import occurrences_of
from beheer.service_levels.queries.windows import exported
from beheer.service_levels.tests.conftest import MakePerson
from beheer.service_levels.window_commands import windows

NOW = datetime(2026, 10, 1, 9, tzinfo=UTC)
SINCE, UNTIL = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db

AMSTERDAM = """BEGIN:VTIMEZONE
TZID:{name}
BEGIN:STANDARD
DTSTART:16010101T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
"""
SERIES = """BEGIN:VEVENT
UID:patches@example.org
DTSTAMP:20260901T080000Z
CREATED:20260901T080000Z
DTSTART;TZID=Europe/Amsterdam:20261006T220000
DTEND;TZID=Europe/Amsterdam:20261007T000000
RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20261222T225959Z
EXDATE;TZID=Europe/Amsterdam:20261103T220000
SUMMARY:Patches
{more}END:VEVENT
"""
MOVED = """BEGIN:VEVENT
UID:patches@example.org
DTSTAMP:20260901T080000Z
CREATED:20260901T080000Z
RECURRENCE-ID;TZID=Europe/Amsterdam:20261117T220000
DTSTART;TZID=Europe/Amsterdam:20261118T210000
DTEND;TZID=Europe/Amsterdam:20261118T233000
SUMMARY:Patches, a day later
{more}END:VEVENT
"""
GOOGLE = """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
CALSCALE:GREGORIAN
METHOD:PUBLISH
X-WR-CALNAME:Onderhoud
X-WR-TIMEZONE:Europe/Amsterdam
BEGIN:VEVENT
DTSTART;TZID=Europe/Amsterdam:20261004T030000
DTEND;TZID=Europe/Amsterdam:20261004T050000
RRULE:FREQ=WEEKLY;BYDAY=SU
EXDATE;TZID=Europe/Amsterdam:20261011T030000
DTSTAMP:20260920T101500Z
UID:4q1mb5rjkh2k3ov@google.com
CREATED:19000101T120000Z
LAST-MODIFIED:20260915T063000Z
SEQUENCE:2
STATUS:CONFIRMED
SUMMARY:Back-up test
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Europe/Amsterdam:20261025T010000
DTEND;TZID=Europe/Amsterdam:20261025T060000
DTSTAMP:20260920T101500Z
UID:4q1mb5rjkh2k3ov@google.com
RECURRENCE-ID;TZID=Europe/Amsterdam:20261025T030000
SEQUENCE:3
STATUS:CONFIRMED
SUMMARY:Back-up test
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20261224
DTEND;VALUE=DATE:20261227
DTSTAMP:20260920T101500Z
UID:7abcd@google.com
SUMMARY:Kerst
END:VEVENT
END:VCALENDAR
"""
OUTLOOK = """BEGIN:VCALENDAR
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN
VERSION:2.0
METHOD:PUBLISH
X-MS-OLK-FORCEINSPECTOROPEN:TRUE
{zone}BEGIN:VEVENT
CLASS:PUBLIC
CREATED:20260910T120000Z
DTSTART;TZID="{name}":20261013T190000
DTEND;TZID="{name}":20261013T210000
DTSTAMP:20260910T120000Z
PRIORITY:5
RRULE:FREQ=MONTHLY;COUNT=4;BYDAY=2TU
SEQUENCE:0
SUMMARY;LANGUAGE=nl:Patch Tuesday
UID:040000008200E00074C5B7101A82E00800000000D0A1B2C3
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
BEGIN:VALARM
TRIGGER:-PT15M
ACTION:DISPLAY
DESCRIPTION:Reminder
END:VALARM
END:VEVENT
END:VCALENDAR
"""
THUNDERBIRD = """BEGIN:VCALENDAR
PRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN
VERSION:2.0
BEGIN:VEVENT
CREATED:20260912T120000Z
LAST-MODIFIED:20260912T121000Z
DTSTAMP:20260912T121000Z
UID:0f7c3a9e-5f7c-4c8c-9e0f-0a1b2c3d4e5f
SUMMARY:Nieuwe schijven
DTSTART;TZID=/mozilla.org/20050126_1/Europe/Amsterdam:20261024T230000
DURATION:PT5H
RDATE;TZID=/mozilla.org/20050126_1/Europe/Amsterdam:20261107T230000,20261121T200000
X-MOZ-GENERATION:3
END:VEVENT
END:VCALENDAR
"""


def file(*events: str) -> bytes:
    return "".join(
        ["BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//x//y//EN\n", *events, "END:VCALENDAR\n"]
    ).encode()


def later(*events: str) -> str:
    """The same ten years later, when they are still to come."""
    return re.sub(r"2026(1[012])", r"2036\1", file(*events).decode()).replace(";BYDAY=TU", "")


def series(more: str = "") -> str:
    return SERIES.format(more=more)


def moved(more: str = "") -> str:
    return MOVED.format(more=more)


def taken(data: bytes | str, *services: Service, now: datetime = NOW) -> Imported:
    content = data.encode() if isinstance(data, str) else data
    zone = "Europe/Amsterdam"
    return import_windows(actor=SYSTEM, data=content, services=services, timezone=zone, now=now)


def times() -> list[tuple[datetime, datetime]]:
    """When the windows that hold take place, in order."""
    rows = PlannedWindow.objects.filter(ended_at=None)
    found = (time for row in rows for time in occurrences_of(row, to_us(SINCE), to_us(UNTIL)))
    return sorted((from_us(start), from_us(end)) for start, end in found)


def expected(data: bytes | str) -> list[tuple[datetime, datetime]]:
    """The same by a program of others. Its whole days begin at midnight in Amsterdam too."""
    found = recurring_ical_events.of(Calendar.from_ical(data)).between(SINCE, UNTIL)
    times = [(event["DTSTART"].dt, event.end) for event in found]
    return sorted((start.astimezone(UTC), end.astimezone(UTC)) for start, end in times)


@pytest.mark.parametrize(
    "data",
    [
        file(series()),
        file(series(), moved()),
        file(moved(), series()),
        file(series("RDATE;TZID=Europe/Amsterdam:20261231T200000\n")),
        OUTLOOK.format(name="W. Europe Standard Time", zone=AMSTERDAM.format(name="W. Europe Standard Time")),
        OUTLOOK.format(name="Customized Time Zone", zone=AMSTERDAM.format(name="Customized Time Zone")),
    ],
)
def test_a_calendar_takes_place_when_another_program_says(web: Service, data: bytes | str) -> None:
    taken(data, web)
    assert times() == expected(data)
    assert len(times()) > 3


def test_a_calendar_of_google_is_taken_over_and_changes_nothing_the_second_time(web: Service) -> None:
    first = taken(GOOGLE, web)
    assert (first.added, first.changed, first.passed_over) == (3, 0, [])
    assert taken(GOOGLE, web) == Imported()
    begins = [start for start, _end in times()]
    assert datetime(2026, 10, 11, 1, tzinfo=UTC) not in begins
    assert datetime(2026, 10, 25, 2, tzinfo=UTC) not in begins
    assert (datetime(2026, 10, 24, 23, tzinfo=UTC), datetime(2026, 10, 25, 5, tzinfo=UTC)) in times()
    assert (datetime(2026, 12, 23, 23, tzinfo=UTC), datetime(2026, 12, 26, 23, tzinfo=UTC)) in times()


def test_a_calendar_that_does_not_know_when_an_event_was_made_announces_it_now(web: Service) -> None:
    taken(GOOGLE, web)
    assert {row.announced_at for row in PlannedWindow.objects.all()} == {NOW}


@pytest.mark.filterwarnings("ignore:Timezone")
def test_a_calendar_of_thunderbird_has_a_length_instead_of_an_end_and_added_dates(web: Service) -> None:
    taken(THUNDERBIRD, web)
    assert times() == [
        (datetime(2026, 10, 24, 21, tzinfo=UTC), datetime(2026, 10, 25, 2, tzinfo=UTC)),
        (datetime(2026, 11, 7, 22, tzinfo=UTC), datetime(2026, 11, 8, 3, tzinfo=UTC)),
        (datetime(2026, 11, 21, 19, tzinfo=UTC), datetime(2026, 11, 22, 0, tzinfo=UTC)),
    ]
    assert PlannedWindow.objects.get().timezone == "Europe/Amsterdam"


@pytest.mark.parametrize("data", [file(series(), moved()), GOOGLE.encode(), THUNDERBIRD.encode()])
def test_what_is_exported_and_imported_again_changes_nothing(web: Service, data: bytes) -> None:
    taken(data, web)
    before = list(PlannedWindow.objects.order_by("pk").values())
    assert taken(exported(NOW)) == Imported()
    assert list(PlannedWindow.objects.order_by("pk").values()) == before


@pytest.mark.parametrize("data", [file(series(), moved()), GOOGLE.encode(), THUNDERBIRD.encode()])
def test_an_exported_file_fills_an_empty_store_with_the_same_times(web: Service, data: bytes) -> None:
    taken(data, web)
    before, written = times(), exported(NOW)
    PlannedWindow.objects.all().delete()
    taken(written)
    assert times() == before


def test_a_rule_in_another_order_is_the_same_rule(web: Service) -> None:
    draft = WindowDraft(
        services=[web],
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        reason="Weekly",
        recurrence="BYDAY=TH;FREQ=WEEKLY;UNTIL=20261231T235959Z",
    )
    plan_window(actor=SYSTEM, draft=draft, now=NOW)
    assert taken(exported(NOW)) == Imported()


def test_one_changed_occurrence_leaves_its_series(web: Service) -> None:
    taken(file(series()), web)
    before = times()
    assert taken(file(moved()), web) == Imported(added=1, changed=1)
    old = (datetime(2026, 11, 17, 21, tzinfo=UTC), datetime(2026, 11, 17, 23, tzinfo=UTC))
    new = (datetime(2026, 11, 18, 20, tzinfo=UTC), datetime(2026, 11, 18, 22, 30, tzinfo=UTC))
    assert sorted({*before, new} - {old}) == times()
    assert taken(file(moved()), web) == Imported()


def test_an_occurrence_that_was_moved_back_is_one_of_its_series_again(web: Service) -> None:
    taken(file(series()), web)
    before = times()
    taken(file(series("SEQUENCE:1\n"), moved("SEQUENCE:1\n")), web)
    assert taken(file(series("SEQUENCE:2\n")), web) == Imported(changed=1, cancelled=1)
    assert times() == before


def test_one_cancelled_occurrence_is_left_out(web: Service) -> None:
    taken(file(series()), web)
    before = times()
    cancelled = moved("STATUS:CANCELLED\n")
    assert taken(file(cancelled), web) == Imported(changed=1)
    assert set(before) - set(times()) == {
        (datetime(2026, 11, 17, 21, tzinfo=UTC), datetime(2026, 11, 17, 23, tzinfo=UTC))
    }
    assert len(times()) == len(before) - 1


@pytest.mark.parametrize("more", ["STATUS:CANCELLED\n", "STATUS:CANCELLED\nSEQUENCE:1\n"])
def test_a_cancelled_series_is_withdrawn_with_its_changed_occurrences(web: Service, more: str) -> None:
    taken(file(series(), moved()), web)
    assert taken(file(series(more)), web) == Imported(cancelled=2)
    assert times() == []
    assert {row.state for row in PlannedWindow.objects.filter(replaced_by=None)} == {"withdrawn"}


def test_a_file_that_is_a_cancellation_needs_no_more_than_the_uid(web: Service) -> None:
    taken(file(series()), web)
    event = "BEGIN:VEVENT\nUID:patches@example.org\nDTSTAMP:20261001T000000Z\nEND:VEVENT\n"
    assert taken(file("METHOD:CANCEL\n", event)) == Imported(cancelled=1)


def test_an_older_version_than_is_here_changes_nothing(web: Service) -> None:
    taken(file(series("SEQUENCE:4\n")), web)
    older = series("SEQUENCE:3\n").replace("SUMMARY:Patches", "SUMMARY:Old")
    assert taken(file(older)).passed_over == ["Old"]
    same = series("SEQUENCE:4\n").replace("SUMMARY:Patches", "SUMMARY:Corrected")
    assert taken(file(same)) == Imported(changed=1)


def test_what_was_changed_here_is_newer_than_the_file_that_it_came_from(web: Service) -> None:
    taken(file(series()), web)
    window = PlannedWindow.objects.get()
    draft = replace(draft_of(window), reason="Changed here")
    assert change_window(actor=SYSTEM, window=window, draft=draft, now=NOW).sequence == 1
    assert taken(file(series())).passed_over == ["Patches"]
    assert b"SEQUENCE:1" in exported(NOW)


def test_what_was_cancelled_here_is_not_planned_again_by_a_file(web: Service) -> None:
    taken(file(series()), web)
    cancel_window(actor=SYSTEM, window=PlannedWindow.objects.get(), now=NOW)
    assert taken(file(series("SEQUENCE:9\n"), moved()), web).passed_over == [
        "Patches",
        "Patches, a day later",
    ]
    assert times() == []


def test_a_tentative_event_is_not_planned(web: Service) -> None:
    assert taken(file(series("STATUS:TENTATIVE\n")), web) == Imported(passed_over=["Patches"])


def test_a_file_does_not_change_the_window_of_a_change(web: Service) -> None:
    draft = WindowDraft(
        services=[web],
        starts_at=NOW,
        ends_at=NOW + timedelta(hours=1),
        reason="CHG-1 Disks",
        uid="work:CHG-1",
    )
    plan_window(actor=SYSTEM, draft=draft, now=NOW)
    written = exported(NOW)
    assert taken(written) == Imported()
    assert taken(written.replace(b"Disks", b"Nothing")).passed_over == ["CHG-1 Nothing"]


def test_of_two_versions_in_a_file_the_last_one_counts(web: Service) -> None:
    newer = series("SEQUENCE:2\n").replace("SUMMARY:Patches", "SUMMARY:Newer")
    taken(file(newer, series("SEQUENCE:1\n")), web)
    assert PlannedWindow.objects.get().reason == "Newer"


def test_an_event_without_uid_is_not_taken_over_twice(web: Service) -> None:
    data = file(series().replace("UID:patches@example.org\n", ""))
    assert taken(data, web).added == 1
    assert taken(data, web) == Imported()


WRONG = {
    "events.1.recurrence-id: THISANDFUTURE": moved().replace("RECURRENCE-ID;", "RECURRENCE-ID;RANGE=THISANDFUTURE;"),
    "events.1.recurrence-id: no occurrence that begins then": moved().replace(
        "RECURRENCE-ID;TZID=Europe/Amsterdam:20261117T220000", "RECURRENCE-ID;TZID=Europe/Amsterdam:20261118T220000"
    ),
    "events.1.dtstart: no time zone 'Mars/Olympus'": series()
    .replace("patches@", "other@")
    .replace("DTSTART;TZID=Europe/Amsterdam", "DTSTART;TZID=Mars/Olympus"),
    "events.1.dtstart: no time zone 'Europe/Amsterdm'. Did you mean 'Europe/Amsterdam'": series()
    .replace("patches@", "other@")
    .replace("DTSTART;TZID=Europe/Amsterdam", "DTSTART;TZID=Europe/Amsterdm"),
    "events.1.dtstart: no date or time": series().replace("patches@", "other@").replace("20261006T220000", "2026T22"),
    "events.1.dtstart: no start": moved().replace("DTSTART;TZID=Europe/Amsterdam:20261118T210000\n", ""),
    "events.1.dtend: no end": moved().replace("DTEND;TZID=Europe/Amsterdam:20261118T233000\n", ""),
    "events.1.dtend: ends before": moved().replace("20261118T233000", "20261118T203000"),
    "events.1.duration: no length": moved().replace("DTEND;TZID=Europe/Amsterdam:20261118T233000", "DURATION:long"),
    "events.1.rrule: one RRULE": series("RRULE:FREQ=DAILY\n").replace("patches@", "other@"),
    "events.1.rrule: not a recurrence rule": series().replace("patches@", "other@").replace("WEEKLY", "OFTEN"),
    "events.1.recurrence: every second or minute": series()
    .replace("patches@", "other@")
    .replace("FREQ=WEEKLY;BYDAY=TU", "FREQ=MINUTELY"),
    "events.1.exrule: EXRULE": series("EXRULE:FREQ=MONTHLY\n").replace("patches@", "other@"),
    "events.1.rdate: as long as the event": series("RDATE;VALUE=PERIOD:20261231T190000Z/PT9H\n").replace(
        "patches@", "other@"
    ),
    "events.1.sequence: no sequence number": series("SEQUENCE:two\n").replace("patches@", "other@"),
    "events.1.uid: same UID": series().replace("SUMMARY:Patches", "SUMMARY:Another"),
    "events.1.reason: longer than 300": series()
    .replace("patches@", "other@")
    .replace("SUMMARY:", "SUMMARY:" + "x" * 300),
    "events.1.x-beheer-services: 'nope' is not in": series("X-BEHEER-SERVICES:nope\n").replace("patches@", "other@"),
    "events.1.x-beheer-notified: 'nope' is not in": series("X-BEHEER-NOTIFIED:nope\n").replace("patches@", "other@"),
}  # fmt: skip


@pytest.mark.parametrize("told", WRONG)
def test_an_event_that_is_wrong_is_named_and_nothing_is_taken_over(web: Service, told: str) -> None:
    place, _colon, text = told.partition(": ")
    with pytest.raises(DocumentError) as caught:
        taken(file(series(), WRONG[told]), web)
    problem = caught.value.problems[0]
    assert problem.field == place
    assert text in str(problem)
    assert problem.message.startswith("Event '")
    assert problem.remedy
    assert not PlannedWindow.objects.exists()


def test_every_event_that_is_wrong_is_told_at_once(web: Service) -> None:
    wrong = [series().replace("patches@", f"{number}@").replace("DTEND", "X-END") for number in range(3)]
    with pytest.raises(DocumentError) as caught:
        taken(file(*wrong), web)
    assert [problem.field for problem in caught.value.problems] == [
        f"events.{number}.dtend" for number in range(3)
    ]


def test_a_series_in_a_zone_of_its_own_needs_a_zone_with_the_same_time(web: Service) -> None:
    data = OUTLOOK.format(name="Customized Time Zone", zone=AMSTERDAM.format(name="Customized Time Zone"))
    assert read_windows(data.encode(), "Europe/Amsterdam")[0].timezone == "Europe/Amsterdam"
    with pytest.raises(DocumentError, match="choose the zone with the same time"):
        read_windows(data.encode(), "America/New_York")


def test_a_zone_that_one_file_defines_is_not_that_of_the_next_file(web: Service) -> None:
    name = "Customized Time Zone"
    read_windows(OUTLOOK.format(name=name, zone=AMSTERDAM.format(name=name)).encode(), "Europe/Amsterdam")
    with pytest.raises(DocumentError, match="There is no time zone 'Customized Time Zone'"):
        read_windows(OUTLOOK.format(name=name, zone="").encode(), "Europe/Amsterdam")


def test_events_without_services_need_chosen_ones(web: Service) -> None:
    with pytest.raises(DocumentError, match="A window needs a service"):
        taken(file(series()))
    taken(file(series()), web)
    assert taken(file(series().replace("SUMMARY:Patches", "SUMMARY:Known"))) == Imported(changed=1)
    assert [row.key for row in PlannedWindow.objects.get(ended_at=None).services.all()] == ["web"]


def test_the_pages_of_a_series_and_of_its_changed_occurrence_lead_to_each_other(
    web: Service, person: MakePerson, client: Client
) -> None:
    taken(file(series(), moved()), web)
    one, other = PlannedWindow.objects.order_by("pk")
    client.force_login(person("bob", "lead"))
    page = client.get(f"/service-levels/windows/{one.pk}/")
    assert [instead for _start, instead in page.context["left_out"]] == [None, other]
    assert f'href="/service-levels/windows/{other.pk}/"' in page.content.decode()
    back = client.get(f"/service-levels/windows/{other.pk}/").content.decode()
    assert "Changed occurrence of" in back and f'href="/service-levels/windows/{one.pk}/"' in back


def test_what_is_left_out_stays_so_when_the_series_moves_to_another_time(
    web: Service, person: MakePerson, client: Client
) -> None:
    text = later(series(), moved())
    taken(text, web)
    row = PlannedWindow.objects.get(uid="patches@example.org")
    client.force_login(person("bob", "lead"))
    values = {
        "reason": "Patches", "services": [web.pk], "starts_at": "2036-10-06T20:00", "ends_at": "2036-10-06T22:00",
        "timezone": row.timezone, "recurrence": row.recurrence,
    }  # fmt: skip
    assert client.post(f"/service-levels/windows/{row.pk}/edit/", values).status_code == 302
    changed = PlannedWindow.objects.get(uid="patches@example.org", ended_at=None)
    assert changed.left_out == ["2036-11-03T19:00:00Z", "2036-11-17T19:00:00Z"]


def test_nothing_new_in_a_file_is_told_so(web: Service, person: MakePerson, client: Client) -> None:
    taken(later(series()), web)
    client.force_login(person("bob", "lead"))
    upload = SimpleUploadedFile("x.ics", later(series()).encode())
    page = client.post(
        "/service-levels/windows/import/", {"file": upload, "timezone": "Europe/Amsterdam"}, follow=True
    )
    assert "nothing changed" in page.content.decode()


def test_zones_are_defined_in_the_file_that_is_written(web: Service) -> None:
    taken(file(series()), web)
    written = exported(NOW).decode()
    assert written.count("BEGIN:VTIMEZONE") == 1
    assert "TZID:Europe/Amsterdam" in written


def test_windows_go_in_and_out_at_the_command_line(web: Service, tmp_path: Path) -> None:
    path = tmp_path / "windows.ics"
    path.write_text(later(series(), moved()))
    run = CliRunner().invoke
    first = run(windows, ["import", str(path), "--service", "web"], catch_exceptions=False)
    assert first.output == "2 added, 0 changed, 0 cancelled.\n"
    path.write_text(run(windows, ["export"], catch_exceptions=False).output)
    again = run(windows, ["import", str(path)], catch_exceptions=False)
    assert again.output == "0 added, 0 changed, 0 cancelled.\n"


def test_windows_go_in_and_out_of_the_api(web: Service, person: MakePerson, client: Client) -> None:
    client.force_login(person("bob", "lead"))
    text = later(series(), moved())
    path, kind = "/api/windows/icalendar", "application/json"
    done = client.post(path, {"text": text, "services": ["web"]}, kind)
    assert done.json() == {"added": 2, "changed": 0, "cancelled": 0, "passed_over": []}
    written = client.get("/api/windows.ics")
    assert written["Content-Type"] == "text/calendar; charset=utf-8"
    assert client.post(path, {"text": written.content.decode()}, kind).json()["added"] == 0
    wrong = client.post(path, {"text": text.replace("DTEND", "X-END")}, kind)
    assert (wrong.status_code, wrong.json()["problems"][0]["field"]) == (422, "events.0.dtend")
    client.force_login(person("charlie", "user"))
    assert client.post(path, {"text": text}, kind).status_code == 403
    assert client.get("/api/windows.ics").status_code == 403


def stamped(start: str, end: str, more: str) -> bytes:
    """A single window that was made on 1 September, with its times in UTC."""
    times = f"DTSTART:202610{start}00Z\nDTEND:202610{end}00Z\nCREATED:20260901T080000Z\n{more}"
    return file(f"BEGIN:VEVENT\nUID:once@example.org\n{times}SUMMARY:Switch\nEND:VEVENT\n")


CHANGED = "SEQUENCE:1\nDTSTAMP:20261001T070000Z\n"
AT_0600, AT_0700 = datetime(2026, 10, 1, 6, tzinfo=UTC), datetime(2026, 10, 1, 7, tzinfo=UTC)
MADE = datetime(2026, 9, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "end", "more", "announced_at"),
    [
        ("12T2000", "12T2200", CHANGED + "LAST-MODIFIED:20261001T060000Z\n", AT_0600),
        ("12T2000", "12T2200", CHANGED, AT_0700),
        ("12T2000", "12T2200", "SEQUENCE:1\n", NOW),
        ("12T2000", "12T2200", CHANGED + "LAST-MODIFIED:20261005T060000Z\n", NOW),  # a clock that runs ahead
        ("10T2000", "10T2330", CHANGED, AT_0700),
        ("10T2000", "10T2200", CHANGED, MADE),
        ("10T2030", "10T2200", CHANGED, MADE),  # less than what was announced
        (
            "12T2000",
            "12T2200",
            CHANGED + "X-BEHEER-ANNOUNCED:2026-09-20T08:00:00Z\n",
            MADE + timedelta(days=19),
        ),
    ],
)
def test_a_moved_event_is_announced_when_it_was_moved(
    web: Service, start: str, end: str, more: str, announced_at: datetime
) -> None:
    taken(stamped("10T2000", "10T2200", ""), web)
    assert PlannedWindow.objects.get(ended_at=None).announced_at == MADE
    taken(stamped(start, end, more), web)
    assert PlannedWindow.objects.get(ended_at=None).announced_at == announced_at
    assert taken(stamped(start, end, more), web) == Imported()


def test_a_moved_occurrence_is_announced_when_it_was_moved_and_its_series_when_it_was_made(
    web: Service,
) -> None:
    taken(file(series(), moved("LAST-MODIFIED:20261001T060000Z\n")), web)
    assert {row.announced_at for row in PlannedWindow.objects.filter(ended_at=None)} == {MADE, AT_0600}


@pytest.mark.parametrize(
    ("rule", "announced_at"),
    [
        ("FREQ=WEEKLY;BYDAY=TU;UNTIL=20261124T225959Z", MADE),
        ("FREQ=WEEKLY;BYDAY=TU", AT_0600),
        ("FREQ=WEEKLY;BYDAY=TU,WE;UNTIL=20261222T225959Z", AT_0600),
    ],
)
def test_a_series_that_ends_sooner_stays_announced_when_it_was(
    web: Service, rule: str, announced_at: datetime
) -> None:
    taken(file(series()), web)
    other = series("LAST-MODIFIED:20261001T060000Z\nSEQUENCE:1\n").replace(
        "FREQ=WEEKLY;BYDAY=TU;UNTIL=20261222T225959Z", rule
    )
    taken(file(other), web)
    assert PlannedWindow.objects.get(ended_at=None).announced_at == announced_at
