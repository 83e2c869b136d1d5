"""A version is added to a calendar's text, and the text stays as it was written."""

from __future__ import annotations

from datetime import date

import pytest

from beheer.lib.calendar_files import read_calendar
from beheer.lib.calendar_texts import with_version

WRITTEN = """# Agreed with the works council in 2019.
timezone: Europe/Amsterdam
holidays: NL     # no compulsory days off
versions:
  - valid_from: 2020-01-01     # before that nobody counted
    hours: {mon-fri: "08:00-18:00"}  # the desk

  # Saturdays since the new building
  - valid_from: 2024-01-01
    hours:
      mon-fri: "08:00-18:00"
      sat: "10:00-14:00"   # only the counter
# What is closed stands below.
closed: ["2026-12-24"]
"""
NEW = {"mon-thu": "07:00-19:00", "fri": "07:00-17:00"}
DAY = date(2027, 1, 1)


def test_everything_that_was_written_stays() -> None:
    text = with_version(WRITTEN, DAY, NEW)
    added = '  - valid_from: 2027-01-01\n    hours: {mon-thu: "07:00-19:00", fri: "07:00-17:00"}\n'
    assert text == WRITTEN.replace("# only the counter\n", "# only the counter\n" + added)
    assert [version.valid_from for version in read_calendar(text).versions][-1] == DAY


def test_a_version_of_the_same_day_is_replaced_and_the_rest_stays() -> None:
    text = with_version(WRITTEN, date(2024, 1, 1), NEW)
    assert "only the counter" not in text
    assert text.count("valid_from") == 2
    for comment in ("works council", "before that nobody", "the desk", "new building", "stands below"):
        assert comment in text


@pytest.mark.parametrize(
    "source",
    [
        'timezone: UTC\nversions: [{valid_from: 2020-01-01, hours: {mon-fri: "08:00-18:00"}}]  # short\n',
        '{timezone: UTC, versions: [{valid_from: 2020-01-01, hours: {mon-fri: "08:00-18:00"}}]} # short',
        'versions:\n- valid_from: 2020-01-01\n  hours: {mon-fri: "08:00-18:00"}  # short\ntimezone: UTC',
        'timezone: UTC # short\nversions:\n    -   hours: {mon-fri: "08:00-18:00"}\n        valid_from: 2020-01-01',
    ],
)
def test_other_ways_of_writing_keep_their_comments_too(source: str) -> None:
    text = with_version(source, DAY, NEW)
    assert "# short" in text
    assert [version.valid_from for version in read_calendar(text).versions] == [date(2020, 1, 1), DAY]
    again = with_version(text, DAY, {"mon": "09:00-10:00"})
    assert "# short" in again
    assert len(read_calendar(again).versions) == 2


def test_always_is_written_out() -> None:
    text = with_version("24x7", DAY, NEW)
    assert [version.valid_from for version in read_calendar(text).versions] == [date(1970, 1, 1), DAY]
