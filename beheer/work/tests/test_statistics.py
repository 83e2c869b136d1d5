"""Statistics: what is counted of items, what the figures say, what stands behind them, and what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from beheer.lib.errors import InputError
from beheer.people.models import Membership, Team, User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions import assign, create, hand_over, take_step
from beheer.work.models import Item, ItemFigures, StateTime
from beheer.work.statistics import figures, tables
from beheer.work.statistics.behind import behind
from beheer.work.statistics.counting import count_items
from beheer.work.statistics.selection import NONE, Selection, read_selection
from beheer.work.tests.conftest import MONDAY, Estate, person

NOVEMBER = Selection(since=date(2026, 11, 1), until=date(2026, 12, 1))
TODAY = date(2026, 11, 30)


def opened(bob: User, minute: float = 0, **values: Any) -> Item:
    values = {"title": "Slow", "service": "webmail", "impact": "medium", "urgency": "medium"} | values
    return create(actor=bob, kind="incident", values=values, now=MONDAY + timedelta(minutes=minute))


def step(actor: User, item: Item, name: str, minute: float, **values: Any) -> Item:
    at = MONDAY + timedelta(minutes=minute)
    return take_step(actor=actor, item=item, step=name, version=None, now=at, values=values)


def solved(bob: User, item: Item, minute: float) -> Item:
    return step(bob, item, "resolve", minute, solution="Restarted", cause="software")


@pytest.fixture
def history(estate: Estate, alice: User, bob: User) -> Item:
    """Taken at 10, waits for the reporter from 20 to 50, solved at 60, reopened at 70, solved at 100."""
    item = opened(bob)
    step(bob, item, "take", 10)
    step(bob, item, "ask_user", 20, reply="Which browser?")
    step(bob, item, "go_on", 50)
    solved(bob, item, 60)
    step(bob, item, "reopen", 70, comment="It is back")
    solved(bob, item, 100)
    count_items()
    return item


def test_an_item_is_counted_by_the_stretches_between_its_events(history: Item) -> None:
    row = ItemFigures.objects.get(item=history)
    assert (row.solve_s, row.waiting_s, row.waiting_user_s) == (6000.0, 1800.0, 1800.0)
    assert row.first_s + row.second_s + row.supplier_s == 90 * 60  # ten minutes it stood solved
    assert (row.reopened, row.hand_overs, row.is_ping_pong) == (1, 0, False)
    states = dict(StateTime.objects.filter(figures=row).values_list("state", "seconds"))
    assert states == {"new": 600, "in_progress": 600 + 600 + 1800, "waiting_user": 1800, "resolved": 600}


def test_what_happens_afterwards_is_counted_anew(history: Item, bob: User) -> None:
    assert count_items() == 0
    step(bob, history, "reopen", 120, comment="Again")
    assert count_items() == 1
    row = ItemFigures.objects.get(item=history)
    assert row.ended_on is None
    assert row.reopened == 2


def test_back_and_forth_between_teams_is_seen(estate: Estate, alice: User, desk: Team) -> None:
    item = opened(alice)
    for minute, team in ((5, desk), (9, Team.objects.get(key="servers"))):
        at = MONDAY + timedelta(minutes=minute)
        hand_over(actor=SYSTEM, item=item, team=team, reason="Not ours", version=None, now=at)
    count_items()
    row = ItemFigures.objects.get(item=item)
    assert (row.hand_overs, row.is_ping_pong) == (2, True)


def test_a_member_who_takes_up_the_teams_work_is_no_hand_over(estate: Estate, alice: User, bob: User) -> None:
    item = opened(alice)
    assign(actor=alice, item=item, assignee=bob, version=None, now=MONDAY)
    count_items()
    assert ItemFigures.objects.get(item=item).hand_overs == 0


def test_volumes_add_up_to_what_is_open(history: Item, bob: User) -> None:
    opened(bob, minute=3 * 1440)
    count_items()
    days = {one.since: (one.opened, one.ended, one.backlog) for one in figures.volumes(NOVEMBER)}
    assert days[date(2026, 11, 2)] == (1, 1, 0)
    assert days[date(2026, 11, 5)] == (1, 0, 1)
    assert days[date(2026, 11, 30)] == (0, 0, 1)
    later = Selection(since=date(2026, 11, 6), until=date(2026, 12, 1))
    assert [one.backlog for one in figures.volumes(later)] == [1] * 25


def test_the_middle_and_nine_in_ten_are_items_that_are_there(estate: Estate, bob: User) -> None:
    for minutes in (10, 20, 30, 40, 50, 60, 70, 80, 90, 1000):
        solved(bob, opened(bob), minutes)
    count_items()
    total = figures.totals(NOVEMBER)
    assert (total.median_s, total.ninth_s) == (50 * 60, 90 * 60)
    assert total.mean_s == pytest.approx(145 * 60)


def test_every_figure_is_as_long_as_the_list_behind_it(history: Item, bob: User, desk: Team) -> None:
    other = opened(bob, minute=5, service="alone", team="")
    hand_over(actor=SYSTEM, item=other, team=desk, reason="Yours", version=None, now=MONDAY)
    late = solved(bob, opened(bob, minute=7), 9000)
    opened(bob, minute=8)
    count_items()
    total = figures.totals(NOVEMBER)
    checked = 0
    for one in tables.columns(total):
        if one.figure and isinstance(one.value, int):
            assert behind(NOVEMBER, one.figure, TODAY).count() == one.value, one.key
            checked += 1
    assert checked >= 5
    assert list(behind(NOVEMBER, "resolution_missed", TODAY)) == [late]
    assert total.judged["resolution"] - total.met["resolution"] == 1
    assert sum(count for _low, _high, count in figures.ages(NOVEMBER, TODAY)) == 2
    assert behind(NOVEMBER, "age_7", TODAY).count() == 2


@pytest.mark.parametrize("group", ["kind", "team", "service", "customer", "priority", "line"])
def test_groups_add_up_to_the_total(history: Item, bob: User, group: str) -> None:
    opened(bob, minute=9, service="alone", impact="high", urgency="high")
    count_items()
    asked = read_selection({"from": "2026-11-01", "to": "2026-11-30", "group": group}, TODAY, SYSTEM)
    rows, total = figures.by_group(asked), figures.totals(asked)
    assert sum(one.opened for one in rows) == total.opened == 2
    assert sum(one.ended for one in rows) == total.ended == 1
    for one in tables.named(group, rows):
        assert one.address is not None
        alone = read_selection({"from": "2026-11-01", "to": "2026-11-30", group: one.address}, TODAY, SYSTEM)
        assert figures.totals(alone).opened == one.sums.opened


def test_no_team_is_a_choice_too(history: Item, bob: User) -> None:
    opened(bob, service="alone")
    count_items()
    asked = read_selection({"from": "2026-11-01", "to": "2026-11-30", "team": NONE}, TODAY, SYSTEM)
    assert figures.totals(asked).opened == 1


@pytest.mark.parametrize("asked", [{"group": "assignee"}, {"group": "person"}, {"assignee": "bob"}])
def test_a_score_of_a_person_is_refused_with_the_reason(db: None, asked: dict[str, str]) -> None:
    with pytest.raises(InputError, match="Figures of one person are not given"):
        read_selection(asked, TODAY, SYSTEM)


def test_a_team_of_one_is_not_shown_by_itself(history: Item, desk: Team) -> None:
    Membership.objects.create(team=desk, user=person("dora", "member"))
    item = opened(User.objects.get(username="bob"), minute=4)
    hand_over(actor=SYSTEM, item=item, team=desk, reason="Yours", version=None, now=MONDAY)
    count_items()
    with pytest.raises(InputError, match="one member"):
        read_selection({"team": "desk"}, TODAY, SYSTEM)
    rows = tables.named(
        "team", figures.by_group(read_selection({"group": "team", "to": "2026-11-30"}, TODAY, SYSTEM))
    )
    assert ("teams of one person, together", None) in [(one.name, one.address) for one in rows]
    assert "Service desk" not in [one.name for one in rows]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"from": "2026-13-40"}, "from"),
        ({"to": "2026-11-01", "from": "2026-11-09"}, "to"),
        ({"from": "1990-01-01"}, "from"),
        ({"group": "colour"}, "group"),
        ({"priority": "9"}, "priority"),
        ({"line": "third"}, "line"),
        ({"service": "nowhere"}, "service"),
    ],
)
def test_what_is_wrong_is_named_by_field(db: None, asked: dict[str, str], field: str) -> None:
    with pytest.raises(InputError) as caught:
        read_selection(asked, TODAY, SYSTEM)
    assert [problem.field for problem in caught.value.problems] == [field]
    assert all(problem.remedy for problem in caught.value.problems)


def test_the_page_shows_the_figures_and_leads_to_the_items(history: Item, bob: User, client: Client) -> None:
    client.force_login(bob)
    query = "from=2026-11-01&to=2026-11-30"
    page = client.get(f"/work-items/statistics/?{query}&kind=incident&group=team").content.decode()
    assert "Statistics of work" in page
    assert "figure=reopened&amp;from=2026-11-01&amp;to=2026-11-30&amp;kind=incident" in page
    items = client.get(f"/work-items/statistics/items/?figure=reopened&{query}").content.decode()
    assert history.number in items
    refused = client.get("/work-items/statistics/?group=assignee")
    assert refused.status_code == 422
    assert "Figures of one person are not given" in refused.content.decode()


@pytest.mark.parametrize("table", ["volumes", "groups", "states", "ages"])
def test_tables_are_files(history: Item, bob: User, client: Client, table: str) -> None:
    client.force_login(bob)
    address = f"/work-items/statistics/?from=2026-11-01&to=2026-11-30&kind=incident&group=team&table={table}"
    text = b"".join(client.get(f"{address}&export=csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert len(text.splitlines()) >= 2
    sheet = b"".join(client.get(f"{address}&export=xlsx").streaming_content)  # type: ignore[attr-defined]
    assert sheet.startswith(b"PK")


def test_programs_get_the_same_figures(history: Item, bob: User, client: Client) -> None:
    client.force_login(bob)
    found = client.get(
        "/api/work-statistics?from=2026-11-01&to=2026-11-30&group=service&kind=incident"
    ).json()
    assert found["total"]["reopened_items"] == 1
    assert found["groups"][0]["key"] == "webmail"
    assert {row["state"] for row in found["by_state"]} >= {"new", "waiting_user"}
    items = client.get("/api/work-statistics/items?figure=reopened&from=2026-11-01&to=2026-11-30").json()
    assert [row["number"] for row in items] == [history.number]
    assert client.get("/api/work-statistics?group=person").status_code == 422


def test_users_of_the_portal_do_not_see_statistics(history: Item, charlie: User, client: Client) -> None:
    client.force_login(charlie)
    assert client.get("/work-items/statistics/").status_code == 403
    assert client.get("/api/work-statistics").status_code == 403
