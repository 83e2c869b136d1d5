"""Planned windows and corrections: who may, what holds when, and what wrong input says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from beheer.audit.models import Entry
from beheer.catalogue.models import Service
from beheer.lib.errors import Conflict, DocumentError, InputError, NotAllowed
from beheer.lib.intervals import from_us, to_us
from beheer.people.actions import create_user, grant_role
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.corrections import (
    approve_correction,
    propose_correction,
    refuse_correction,
    withdraw_correction,
)
from beheer.service_levels.actions.window_files import Imported, import_windows
from beheer.service_levels.actions.windows import (
    WindowDraft,
    cancel_window,
    change_window,
    decide_window,
    draft_of,
    leave_out,
    plan_window,
)
from beheer.service_levels.icalendar_files import WindowEvent, write_windows
from beheer.service_levels.icalendar_reading import read_windows
from beheer.service_levels.models import Correction, PlannedWindow, State
from beheer.service_levels.recurrence import occurrences

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def web() -> Service:
    return Service.objects.create(key="web", name="Web")


Person = Callable[[str, str], User]


@pytest.fixture
def person() -> Person:
    def make(name: str, role: str) -> User:
        user, _ = create_user(actor=SYSTEM, username=name, email=f"{name}@example.org", now=NOW)
        grant_role(actor=SYSTEM, user=user, role=role, now=NOW)
        return User.objects.get(pk=user.pk)

    return make


def draft(web: Service, **changes: object) -> WindowDraft:
    values: dict[str, object] = {"starts_at": NOW + DAY, "ends_at": NOW + DAY + HOUR, "reason": "New disks"}
    return WindowDraft(services=[web], **{**values, **changes})  # type: ignore[arg-type]


def proposed(web: Service, author: User) -> Correction:
    return propose_correction(
        actor=author,
        service=web,
        starts_at=NOW - DAY,
        ends_at=NOW - DAY + HOUR,
        makes="up",
        reason="The probe's own network was away.",
        now=NOW,
    )


def test_a_window_planned_in_advance_holds_at_once(web: Service, person: Person) -> None:
    window = plan_window(actor=person("alice", "member"), draft=draft(web), now=NOW)
    assert (window.state, window.approved_at, window.announced_at) == (State.APPROVED, NOW, NOW)


def test_a_window_entered_late_waits_for_a_second_person(web: Service, person: Person) -> None:
    alice, bob = person("alice", "lead"), person("bob", "lead")
    late = draft(web, starts_at=NOW - DAY, ends_at=NOW - DAY + HOUR, announced_at=NOW - 3 * DAY)
    window = plan_window(actor=alice, draft=late, now=NOW)
    assert (window.state, window.approved_at) == (State.PROPOSED, None)
    with pytest.raises(NotAllowed, match="second person"):
        decide_window(actor=alice, window=window, approve=True, decision="", now=NOW)
    decide_window(actor=bob, window=window, approve=True, decision="Announced by mail.", now=NOW + HOUR)
    assert PlannedWindow.objects.get(pk=window.pk).approved_at == NOW + HOUR


def test_charlie_may_not_plan_a_window(web: Service, person: Person) -> None:
    with pytest.raises(NotAllowed):
        plan_window(actor=person("charlie", "user"), draft=draft(web), now=NOW)


def test_a_window_in_the_future_that_ends_in_the_past_is_refused_at_its_field(web: Service) -> None:
    with pytest.raises(InputError) as caught:
        plan_window(actor=SYSTEM, draft=draft(web, ends_at=NOW - DAY), now=NOW)
    assert [problem.field for problem in caught.value.problems] == ["ends_at"]
    assert PlannedWindow.objects.count() == 0


@pytest.mark.parametrize(
    "rule", ["FREQ=SOMETIMES", "nonsense", "FREQ=SECONDLY", "FREQ=DAILY;UNTIL=20200101T000000Z"]
)
def test_a_wrong_recurrence_names_its_field(web: Service, rule: str) -> None:
    with pytest.raises(InputError) as caught:
        plan_window(actor=SYSTEM, draft=draft(web, recurrence=rule), now=NOW)
    assert caught.value.problems[0].field == "recurrence"


def test_a_changed_window_replaces_the_old_one_and_leaves_it_readable(web: Service) -> None:
    window = plan_window(actor=SYSTEM, draft=draft(web), now=NOW)
    changed = change_window(
        actor=SYSTEM, window=window, draft=draft(web, reason="More disks"), now=NOW + HOUR
    )
    old = PlannedWindow.objects.get(pk=window.pk)
    assert (old.reason, old.ended_at, changed.replaces_id) == ("New disks", NOW + HOUR, window.pk)
    with pytest.raises(Conflict):
        change_window(actor=SYSTEM, window=old, draft=draft(web), now=NOW + 2 * HOUR)


def test_shortening_a_running_window_needs_no_second_person(web: Service) -> None:
    window = plan_window(actor=SYSTEM, draft=draft(web), now=NOW)
    during = window.starts_at + HOUR / 2
    changed = change_window(actor=SYSTEM, window=window, draft=draft(web, ends_at=during), now=during)
    assert changed.state == State.APPROVED


def test_a_cancelled_window_no_longer_holds(web: Service) -> None:
    window = plan_window(actor=SYSTEM, draft=draft(web), now=NOW)
    cancel_window(actor=SYSTEM, window=window, now=NOW + HOUR)
    cancel_window(actor=SYSTEM, window=window, now=NOW + 2 * HOUR)
    assert PlannedWindow.objects.get(pk=window.pk).ended_at == NOW + HOUR


def test_a_weekly_window_keeps_its_local_time_over_the_end_of_summer_time() -> None:
    start = datetime(2026, 10, 18, 1, tzinfo=UTC)  # 03:00 in Amsterdam, summer time
    found = occurrences(
        starts_at=start,
        ends_at=start + HOUR,
        timezone="Europe/Amsterdam",
        rule="FREQ=WEEKLY;BYDAY=SU",
        since_us=to_us(start),
        until_us=to_us(start + 15 * DAY),
    )
    assert [from_us(begin).hour for begin, _end in found] == [1, 2, 2]
    assert {end - begin for begin, end in found} == {3_600_000_000}


def test_an_occurrence_that_is_left_out_does_not_happen(web: Service) -> None:
    window = plan_window(actor=SYSTEM, draft=draft(web, recurrence="FREQ=DAILY"), now=NOW)
    changed = leave_out(actor=SYSTEM, window=window, starts_at=window.starts_at + DAY, now=NOW)
    found = occurrences(
        starts_at=changed.starts_at,
        ends_at=changed.ends_at,
        timezone=changed.timezone,
        rule=changed.recurrence,
        left_out=frozenset(to_us(datetime.fromisoformat(text)) for text in changed.left_out),
        since_us=to_us(NOW),
        until_us=to_us(NOW + 4 * DAY),
    )
    assert [from_us(begin) - NOW for begin, _end in found] == [DAY, 3 * DAY]


def test_windows_survive_the_round_trip_through_icalendar() -> None:
    event = WindowEvent(
        uid="1@beheer",
        starts_at=NOW,
        ends_at=NOW + HOUR,
        reason="Nieuwe schijven; één uur",
        services=("web", "mail"),
        announced_at=NOW - DAY,
        timezone="Europe/Amsterdam",
        recurrence="FREQ=WEEKLY;BYDAY=MO",
        left_out=(NOW + 7 * DAY,),
        notified=("faculty",),
    )
    assert read_windows(write_windows([event], NOW), "UTC") == [event]


def test_importing_the_same_file_twice_changes_nothing(web: Service) -> None:
    event = WindowEvent(
        uid="1@x", starts_at=NOW + DAY, ends_at=NOW + DAY + HOUR, reason="Disks", services=("web",)
    )
    data = write_windows([event], NOW)
    first = import_windows(actor=SYSTEM, data=data, services=[], timezone="UTC", now=NOW)
    again = import_windows(actor=SYSTEM, data=data, services=[], timezone="UTC", now=NOW)
    assert (first, again) == (Imported(added=1), Imported())


def test_an_icalendar_file_with_an_unknown_service_leaves_everything_as_it_was(web: Service) -> None:
    known = WindowEvent(
        uid="1@x", starts_at=NOW + DAY, ends_at=NOW + DAY + HOUR, reason="A", services=("web",)
    )
    unknown = WindowEvent(
        uid="2@x", starts_at=NOW + DAY, ends_at=NOW + DAY + HOUR, reason="B", services=("nope",)
    )
    with pytest.raises(DocumentError, match="'nope' is not in the catalogue"):
        import_windows(
            actor=SYSTEM, data=write_windows([known, unknown], NOW), services=[], timezone="UTC", now=NOW
        )


@pytest.mark.parametrize("data", [b"", b"hello", b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"])
def test_a_file_that_is_no_icalendar_says_so(data: bytes) -> None:
    with pytest.raises(DocumentError):
        read_windows(data, "UTC", "x.ics")


def test_a_correction_holds_once_another_person_approved_it(web: Service, person: Person) -> None:
    alice, bob = person("alice", "lead"), person("bob", "service_owner")
    correction = proposed(web, alice)
    with pytest.raises(NotAllowed, match="second person"):
        approve_correction(actor=alice, correction=correction, now=NOW)
    approve_correction(actor=bob, correction=correction, now=NOW + HOUR)
    correction.refresh_from_db()
    assert (correction.state, correction.decided_by, correction.approved_at) == (
        State.APPROVED,
        bob,
        NOW + HOUR,
    )
    with pytest.raises(Conflict):
        refuse_correction(actor=bob, correction=correction, decision="No", now=NOW)


def test_the_machine_does_not_decide_about_a_correction(web: Service, person: Person) -> None:
    with pytest.raises(NotAllowed, match="A person decides"):
        approve_correction(actor=SYSTEM, correction=proposed(web, person("alice", "member")), now=NOW)


def test_a_member_may_propose_but_not_approve(web: Service, person: Person) -> None:
    correction = proposed(web, person("alice", "member"))
    with pytest.raises(NotAllowed):
        approve_correction(actor=person("charlie", "member"), correction=correction, now=NOW)


def test_a_refusal_says_why(web: Service, person: Person) -> None:
    correction = proposed(web, person("alice", "member"))
    with pytest.raises(InputError, match="says why"):
        refuse_correction(actor=person("bob", "lead"), correction=correction, decision=" ", now=NOW)


def test_an_author_takes_a_proposal_back(web: Service, person: Person) -> None:
    alice = person("alice", "member")
    correction = withdraw_correction(actor=alice, correction=proposed(web, alice), now=NOW)
    assert correction.state == State.WITHDRAWN
    assert Entry.objects.filter(verb="service_levels.withdraw_correction").count() == 1


def test_a_correction_of_the_future_or_without_length_is_refused(web: Service) -> None:
    with pytest.raises(InputError) as caught:
        propose_correction(
            actor=SYSTEM, service=web, starts_at=NOW + HOUR, ends_at=NOW, makes="fine", reason="", now=NOW
        )
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["ends_at", "starts_at", "makes", "reason"]


def test_a_window_as_a_draft_plans_the_same_window_again(web: Service) -> None:
    window = plan_window(actor=SYSTEM, draft=draft(web, recurrence="FREQ=DAILY"), now=NOW)
    again = draft_of(window)
    assert (again.starts_at, again.recurrence, list(again.services)) == (
        window.starts_at,
        "FREQ=DAILY",
        [web],
    )
