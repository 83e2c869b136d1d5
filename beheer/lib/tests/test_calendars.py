"""Calendars and service time: the rules of local time, versions, and a slow oracle."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beheer.lib.calendar_files import read_calendar
from beheer.lib.calendars import ALWAYS
from beheer.lib.durations import DAY, HOUR, MINUTE
from beheer.lib.errors import DocumentError, InputError
from beheer.lib.intervals import from_us, parse_instant, to_us
from beheer.lib.service_time import ServiceTime

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
OFFICE = """
timezone: Europe/Amsterdam
versions:
  - valid_from: 2020-01-01
    hours: {mon-fri: "08:00-18:00"}
"""
FULL = """
timezone: Europe/Amsterdam
holidays: NL
versions:
  - valid_from: 2020-01-01
    hours: {mon-fri: "08:00-18:00", sat: "10:00-12:00 13:00-15:00"}
closed: ["2026-12-24", "2026-12-31T12:00/2027-01-01T00:00"]
open: ["2026-04-27T08:00/2026-04-27T12:00"]
"""


def service_time(text: str) -> ServiceTime:
    return ServiceTime(read_calendar(text))


def local(text: str, zone: str = "Europe/Amsterdam") -> int:
    return to_us(dt.datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def hours_of(time: ServiceTime, start: str, end: str) -> float:
    return time.between(local(start), local(end)) / HOUR


def test_agreed_time_is_counted_within_the_hours() -> None:
    time = service_time(FULL)
    assert hours_of(time, "2026-03-02T00:00", "2026-03-09T00:00") == 54
    assert hours_of(time, "2026-03-07T11:30", "2026-03-07T13:30") == 1


def test_open_times_override_a_holiday() -> None:
    assert hours_of(service_time(FULL), "2026-04-27T00:00", "2026-04-28T00:00") == 4


def test_open_times_override_closed_times() -> None:
    time = service_time(OFFICE + 'closed: ["2026-03-03"]\nopen: ["2026-03-03T09:00/2026-03-03T10:00"]\n')
    assert hours_of(time, "2026-03-03T00:00", "2026-03-04T00:00") == 1


def test_closed_days_and_stretches_are_no_agreed_time() -> None:
    time = service_time(FULL)
    assert hours_of(time, "2026-12-24T00:00", "2026-12-25T00:00") == 0
    assert hours_of(time, "2026-12-31T00:00", "2027-01-01T00:00") == 4


def test_a_deadline_falls_at_closing_time_not_at_the_next_opening() -> None:
    time = service_time(OFFICE)
    assert time.after(local("2026-03-06T08:00"), 10 * HOUR) == local("2026-03-06T18:00")
    assert time.after(local("2026-03-02T16:00"), 4 * HOUR) == local("2026-03-03T10:00")
    assert time.after(local("2026-03-06T18:00"), 1) == local("2026-03-09T08:00") + 1
    assert time.after(local("2026-03-07T12:00"), 0) == local("2026-03-07T12:00")


def test_a_deadline_years_ahead_extends_the_calendar_by_itself() -> None:
    assert service_time(OFFICE).after(local("2026-03-02T08:00"), 521 * 50 * HOUR) is not None
    found = service_time(OFFICE).after(local("2026-03-02T08:00"), 52 * 50 * HOUR)
    assert found == local("2027-02-26T18:00")


def test_a_calendar_that_never_opens_again_gives_no_deadline() -> None:
    text = OFFICE + "  - {valid_from: 2027-01-01, hours: {}}\n"
    assert service_time(text).after(local("2026-12-30T08:00"), 21 * HOUR) is None
    assert service_time(text).after(local("2026-12-30T08:00"), 20 * HOUR) == local("2026-12-31T18:00")


def test_a_version_holds_from_its_local_date_and_before_the_first_nothing_is_agreed() -> None:
    text = OFFICE + '  - {valid_from: 2026-03-04, hours: {mon-sun: "00:00-24:00"}}\n'
    time = service_time(text)
    assert hours_of(time, "2026-03-03T00:00", "2026-03-05T00:00") == 34
    assert hours_of(time, "2019-12-30T00:00", "2020-01-01T00:00") == 0


@pytest.mark.parametrize(
    ("hours", "day", "expected_us"),
    [
        ("00:00-24:00", "2026-03-29", 23 * HOUR),
        ("00:00-24:00", "2026-10-25", 25 * HOUR),
        ("02:30-05:00", "2026-03-29", 90 * MINUTE),  # 02:30 does not exist: 01:30Z, on the clock 03:30
        ("02:15-02:45", "2026-03-29", 30 * MINUTE),  # the whole stretch lies in the gap: 03:15-03:45
        ("02:30-03:15", "2026-03-29", 0),  # read so, it ends before it begins
        ("01:00-02:30", "2026-03-29", 90 * MINUTE),
        ("02:30-05:00", "2026-10-25", 210 * MINUTE),  # opens at the first 02:30
        ("01:00-02:30", "2026-10-25", 150 * MINUTE),  # closes at the last 02:30
        ("02:00-03:00", "2026-10-25", 120 * MINUTE),
        ("02:15-02:45", "2026-10-25", 90 * MINUTE),
    ],
)
def test_hours_on_the_days_the_clock_is_moved(hours: str, day: str, expected_us: int) -> None:
    time = service_time(OFFICE.replace('mon-fri: "08:00-18:00"', f'sun: "{hours}"'))
    start = local(f"{day}T00:00")
    assert time.between(start - 6 * HOUR, start + 30 * HOUR) == expected_us


def test_a_zone_that_moves_its_clock_at_midnight_keeps_whole_days() -> None:
    text = """
timezone: America/Havana
versions: [{valid_from: 2020-01-01, hours: {mon-sun: "00:00-24:00"}}]
closed: ["2026-11-01"]
"""
    time = service_time(text)
    start, end = local("2026-10-31T00:00", "America/Havana"), local("2026-11-03T00:00", "America/Havana")
    assert time.between(start, end) == 48 * HOUR
    assert end - start == 73 * HOUR


def test_the_calendar_without_closing_times_counts_every_second() -> None:
    time = ServiceTime(read_calendar("24x7"))
    assert time.calendar is ALWAYS
    assert time.between(local("2026-03-29T00:00"), local("2026-03-30T00:00")) == 23 * HOUR
    assert time.after(5, 7) == 12


def test_a_stretch_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(InputError, match="ends before it begins"):
        ServiceTime(ALWAYS).between(5, 4)


def test_subdivisions_have_holidays_of_their_own() -> None:
    text = OFFICE.replace("versions:", "holidays: DE-BY\nversions:").replace("Amsterdam", "Berlin")
    assert hours_of(service_time(text), "2026-01-06T00:00", "2026-01-07T00:00") == 0  # Epiphany
    text = text.replace("DE-BY", "DE")
    assert hours_of(service_time(text), "2026-01-06T00:00", "2026-01-07T00:00") == 10


@pytest.mark.parametrize(
    ("change", "field", "line", "message"),
    [
        (("Europe/Amsterdam", "Europe/Amsterdm"), "timezone", 2, "Did you mean 'Europe/Amsterdam'"),
        (("versions:", "holidays: QQ\nversions:"), "holidays", 3, "no holidays of 'QQ'"),
        (("versions:", "holidays: DE-QQ\nversions:"), "holidays", 3, "no part 'QQ'"),
        (("versions:", "holidays: NO\nversions:"), "holidays", 3, "in quotes"),
        (('"08:00-18:00"', '"08:00-12:00 11:00-18:00"'), "versions.0.hours.mon-fri", 5, "overlap"),
        (
            ('"08:00-18:00"}', '"08:00-18:00", fri: "17:00-19:00"}'),
            "versions.0.hours.fri",
            5,
            "overlap on fri",
        ),
        (('"08:00-18:00"', '"18:00-08:00"'), "versions.0.hours.mon-fri", 5, "ends before it begins"),
        (('"08:00-18:00"', '"08:00-24:30"'), "versions.0.hours.mon-fri", 5, "not a stretch of hours"),
        (('"08:00-18:00"', '"8-18"'), "versions.0.hours.mon-fri", 5, "not a stretch of hours"),
        (("mon-fri", "mon-vrij"), "versions.0.hours.mon-vrij", 5, "names no days"),
        (("2020-01-01", "2020-13-01"), "versions.0.valid_from", 4, "is not a date"),
        (("timezone:", "timezome:"), "timezome", 2, "Did you mean 'timezone'"),
        (("versions:", "closed: [tomorrow]\nversions:"), "closed.0", 3, "neither a day nor a stretch"),
        (
            ("versions:", 'open: ["2026-01-02T00:00/2026-01-01T00:00"]\nversions:'),
            "open.0",
            3,
            "ends before it begins",
        ),
    ],
)
def test_a_wrong_calendar_names_line_field_and_remedy(
    change: tuple[str, str], field: str, line: int, message: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        read_calendar(OFFICE.replace(*change), "office.yaml")
    problems = [problem for problem in caught.value.problems if problem.field == field]
    assert len(problems) == 1
    assert (problems[0].file, problems[0].line) == ("office.yaml", line)
    assert message in str(problems[0])
    assert problems[0].remedy


def test_two_versions_of_one_date_are_refused() -> None:
    with pytest.raises(DocumentError, match=r"valid from 2020-01-01 too.*own date"):
        read_calendar(OFFICE + "  - {valid_from: 2020-01-01, hours: {}}\n", "office.yaml")


# A slow oracle: walks over the minutes around a day and looks at the clock on the wall.


def clock_on_the_wall(instant: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def oracle_instant(wall: dt.datetime, zone: ZoneInfo, *, closing: bool) -> dt.datetime:
    around = [wall.replace(tzinfo=dt.UTC) + dt.timedelta(minutes=15 * step) for step in range(-80, 80)]
    shown = [instant for instant in around if clock_on_the_wall(instant, zone) == wall]
    if shown:
        return shown[-1] if closing else shown[0]
    before = max(instant for instant in around if clock_on_the_wall(instant, zone) < wall)
    return before + (wall - clock_on_the_wall(before, zone))


def oracle_minutes(zone: ZoneInfo, day: dt.date, stretches: list[tuple[int, int]]) -> set[dt.datetime]:
    """The quarters of an hour that are agreed on a day whose hours are given in quarters."""
    midnight = dt.datetime.combine(day, dt.time())
    found: set[dt.datetime] = set()
    for first, last in stretches:
        at = oracle_instant(midnight + dt.timedelta(minutes=15 * first), zone, closing=False)
        end = oracle_instant(midnight + dt.timedelta(minutes=15 * last), zone, closing=True)
        while at < end:
            found.add(at)
            at += dt.timedelta(minutes=15)
    return found


def text_of(quarters: int) -> str:
    return f"{quarters // 4:02}:{quarters % 4 * 15:02}"


ZONES = ["Europe/Amsterdam", "America/New_York", "America/Havana", "Australia/Lord_Howe", "Asia/Kathmandu"]
SWITCHING = {
    "Europe/Amsterdam": ["2026-03-28", "2026-10-24"],
    "America/New_York": ["2026-03-07", "2026-10-31"],
    "America/Havana": ["2026-03-07", "2026-10-31"],
    "Australia/Lord_Howe": ["2026-04-04", "2026-10-03"],
    "Asia/Kathmandu": ["2026-03-28"],
}


@settings(max_examples=60)
@given(st.data())
def test_service_time_agrees_with_a_walk_over_the_clock_on_the_wall(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(ZONES))
    zone = ZoneInfo(name)
    first = dt.date.fromisoformat(data.draw(st.sampled_from(SWITCHING[name])))
    marks = st.lists(st.integers(0, 96), min_size=2, max_size=6, unique=True).map(sorted)
    weeks = [[data.draw(marks) for _ in range(7)] for _ in range(2)]
    change = first + dt.timedelta(days=data.draw(st.integers(0, 2)))
    lines = [f"timezone: {name}", "versions:"]
    expected: set[dt.datetime] = set()
    pairs = [[list(zip(day[0::2], day[1::2], strict=False)) for day in week] for week in weeks]
    for valid_from, week in zip(["2020-01-01", str(change)], pairs, strict=True):
        lines.append(f"  - valid_from: {valid_from}\n    hours:")
        for weekday, day in zip(["mon", "tue", "wed", "thu", "fri", "sat", "sun"], week, strict=True):
            lines.append(f"      {weekday}: '{' '.join(f'{text_of(a)}-{text_of(b)}' for a, b in day)}'")
    for step in range(3):
        today = first + dt.timedelta(days=step)
        expected |= oracle_minutes(zone, today, pairs[1 if today >= change else 0][today.weekday()])
    time = service_time("\n".join(lines))
    start = to_us(oracle_instant(dt.datetime.combine(first, dt.time()), zone, closing=True))
    end = to_us(
        oracle_instant(dt.datetime.combine(first + dt.timedelta(days=3), dt.time()), zone, closing=False)
    )
    inside = sorted(to_us(minute) for minute in expected if start <= to_us(minute) < end)
    assert time.between(start, end) == len(inside) * 15 * MINUTE
    rest = data.draw(st.integers(1, max(1, len(inside))))
    if inside:
        assert time.after(start, rest * 15 * MINUTE) == inside[rest - 1] + 15 * MINUTE


@settings(max_examples=50)
@given(st.integers(0, 400 * DAY), st.integers(0, 300 * HOUR))
def test_after_is_the_earliest_instant_with_that_much_agreed_time(offset: int, agreed_us: int) -> None:
    time = service_time(FULL)
    start = parse_instant("2026-01-01T00:00:00Z") + offset
    end = time.after(start, agreed_us)
    assert end is not None
    assert time.between(start, end) == agreed_us
    if agreed_us:
        assert time.between(start, end - 1) < agreed_us
    assert from_us(end).tzinfo is dt.UTC


def test_holidays_have_names_in_the_language_asked_for_or_that_of_their_country() -> None:
    dutch = read_calendar(FULL)
    day = dt.date(2026, 12, 25)
    assert dutch.holiday_name(day, "nl") == "Eerste kerstdag"
    assert dutch.holiday_name(day, "en") == "Christmas Day"
    assert dutch.holiday_name(day, "fr") == dutch.holiday_name(day) == "Eerste kerstdag"
    assert dutch.holiday_name(dt.date(2026, 12, 1), "nl") == ""
