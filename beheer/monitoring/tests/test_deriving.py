"""A service's own state follows from its checks and from what it needs, also when results come late."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from beheer.catalogue.models import Dependency, RedundancyGroup, Service
from beheer.monitoring.deriving import derive
from beheer.monitoring.models import Check, CheckGroup, ServiceState, StateChange
from beheer.monitoring.queries import timelines

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def service(key: str) -> Service:
    return Service.objects.create(key=key, name=key)


def check(of: Service, key: str, **more: object) -> Check:
    return Check.objects.create(
        key=key, name=key, kind="tcp", service=of, created_at=NOON, changed_at=NOON, **more
    )


def change(
    of: Check, state: str, minutes: float, recorded: float | None = None, confirmed: float | None = None
) -> None:
    StateChange.objects.create(
        service=of.service,
        component=of,
        state=state,
        previous_state="unknown",
        first_bad_at=at(minutes),
        confirmed_at=at(minutes if confirmed is None else confirmed),
        recorded_at=at(recorded or minutes),
        reason=f"{of.key} {state}",
    )
    derive([of.service_id], at(minutes), at(recorded or minutes))


def told(of: Service) -> list[tuple[str, float]]:
    rows = timelines([of.pk], at(-1000), at(1000)).get(of.pk, [])
    return [(row.state, (row.first_bad_at - NOON).total_seconds() / 60) for row in rows]


def test_the_worst_check_makes_the_state() -> None:
    web = service("web")
    one, two = check(web, "one"), check(web, "two")
    change(one, "up", 0)
    change(two, "up", 1)
    change(one, "down", 5, confirmed=7, recorded=7)
    change(two, "degraded", 6)
    change(one, "up", 10)
    change(two, "up", 11)
    assert told(web) == [("up", 0), ("down", 5), ("degraded", 10), ("up", 11)]
    down = StateChange.objects.get(service=web, component=None, state="down")
    assert (down.previous_state, down.cause_service, down.cause_check) == ("up", web, one)
    assert (down.confirmed_at, down.recorded_at, down.reason) == (at(7), at(7), "one down")
    assert ServiceState.objects.get(service=web).since_at == at(11)


def test_a_service_below_is_the_cause_and_all_above_are_told() -> None:
    database, web, portal = service("database"), service("web"), service("portal")
    Dependency.objects.create(service=web, needs=database)
    Dependency.objects.create(service=portal, needs=web, effect="degraded")
    db, page, front = check(database, "db"), check(web, "page"), check(portal, "front")
    for one in (db, page, front):
        change(one, "up", 0)
    change(page, "down", 4)
    assert StateChange.objects.filter(component=None, state="down").get().cause_service == web
    change(db, "down", 5)
    rows = {row.service.key: row for row in StateChange.objects.filter(component=None).order_by("pk")}
    assert {key: (row.state, row.cause_service) for key, row in rows.items()} == {
        "database": ("down", database), "web": ("down", database), "portal": ("degraded", database),
    }  # fmt: skip
    assert rows["web"].previous_state == "down"
    assert told(web) == [("up", 0), ("down", 4), ("down", 5)]
    change(db, "up", 8)
    change(page, "up", 9)
    assert told(portal)[-1] == ("up", 9)
    assert told(web)[-1] == ("up", 9)


def test_results_that_come_late_replace_what_was_thought() -> None:
    web = service("web")
    one = check(web, "one")
    change(one, "up", 0)
    change(one, "unknown", 10)
    change(one, "down", 5, recorded=20)
    change(one, "up", 7, recorded=20)
    assert told(web) == [("up", 0), ("down", 5), ("up", 7)]
    then = timelines([web.pk], at(0), at(100), recorded_by=at(15))[web.pk]
    assert [row.state for row in then] == ["up", "unknown"]
    assert ServiceState.objects.get(service=web).state == "up"


def test_late_results_of_one_check_leave_what_another_says() -> None:
    web = service("web")
    one, two = check(web, "one"), check(web, "two")
    change(one, "up", 0)
    change(two, "up", 0)
    change(two, "down", 20)
    change(two, "up", 30)
    change(one, "down", 10, recorded=40)
    change(one, "up", 25, recorded=40)
    assert told(web) == [("up", 0), ("down", 10), ("up", 30)]


def test_a_check_that_is_off_has_no_say() -> None:
    web = service("web")
    one, two = check(web, "one"), check(web, "two")
    change(one, "up", 0)
    change(two, "down", 1)
    change(two, "off", 5)
    assert told(web) == [("up", 0), ("down", 1), ("up", 5)]
    change(one, "off", 6)
    assert told(web)[-1] == ("unknown", 6)


def test_one_of_two_servers_is_enough() -> None:
    web = service("web")
    pair = CheckGroup.objects.create(service=web, name="servers", needed=1)
    one, two = check(web, "one", group=pair), check(web, "two", group=pair)
    change(one, "up", 0)
    change(two, "up", 0)
    change(one, "down", 5)
    change(two, "down", 8)
    change(one, "up", 9)
    assert told(web) == [("up", 0), ("down", 8), ("up", 9)]


def test_one_of_two_needed_services_is_enough() -> None:
    left, right, web = service("left"), service("right"), service("web")
    group = RedundancyGroup.objects.create(service=web, name="either", needed=1)
    for need in (left, right):
        Dependency.objects.create(service=web, needs=need, group=group)
    a, b, page = check(left, "a"), check(right, "b"), check(web, "page")
    for one in (a, b, page):
        change(one, "up", 0)
    change(a, "down", 3)
    assert told(web) == [("up", 0)]
    change(b, "down", 4)
    assert told(web)[-1] == ("down", 4)


def test_deriving_again_adds_nothing() -> None:
    web = service("web")
    one = check(web, "one")
    change(one, "up", 0)
    change(one, "down", 5)
    before = StateChange.objects.count()
    for minutes in (-5, 0, 3, 5, 9):
        assert derive([web.pk], at(minutes), at(10)) == 0
    assert StateChange.objects.count() == before


def test_an_outage_is_confirmed_when_the_first_of_its_checks_is() -> None:
    web = service("web")
    slow, quick, third = check(web, "slow"), check(web, "quick"), check(web, "third")
    for one in (slow, quick, third):
        change(one, "up", 0)
    change(quick, "down", 6, confirmed=6)
    change(third, "degraded", 6.5, confirmed=6.5)
    change(slow, "down", 5, confirmed=9, recorded=9)
    assert told(web) == [("up", 0), ("down", 5)]
    row = timelines([web.pk], at(0), at(100))[web.pk][-1]
    assert (row.confirmed_at, row.recorded_at) == (at(6), at(9))
