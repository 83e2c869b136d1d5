"""Who sees which work: with a role for one team, what is that team's, one's own, and what one decides on."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.lib.errors import NotAllowed
from beheer.people.actions import create_user, grant_role
from beheer.people.models import Membership, Team, User
from beheer.permissions.rules import SYSTEM
from beheer.work.actions import assign, comment, create, decide, link, set_deputy, take_step, watch
from beheer.work.models import Item, ItemFigures, MailIn, MailOut, Outage
from beheer.work.models.mail import Outcome
from beheer.work.queries import similar
from beheer.work.search import index
from beheer.work.sight import in_sight, mails_in_sight, unseen
from beheer.work.statistics.counting import count_items
from beheer.work.tests.conftest import MONDAY, Estate

LISTS = (
    "/work-items/",
    "/work-items/?view=all",
    "/work-items/board/",
    "/work-items/mine/",
    "/work-items/statistics/items/?figure=opened&from=2026-11-01&to=2026-11-30",
    "/work-items/mails/out/",
    "/api/work-items",
    "/api/mails/out",
    "/api/work-statistics/items?figure=opened&from=2026-11-01&to=2026-11-30",
    "/search/?q=webmail",
    "/board/",
)


@pytest.fixture
def lena(desk: Team) -> User:
    """Leads the service desk, and nothing else."""
    user, _ = create_user(actor=SYSTEM, username="lena", email="lena@example.org", now=MONDAY)
    grant_role(actor=SYSTEM, user=user, role="lead", team=desk, now=MONDAY)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def told(incident: Item, charlie: User) -> Item:
    """An incident that was mailed about, and counted."""
    message = comment(actor=SYSTEM, item=incident, text="Looking at it", now=MONDAY)
    MailOut.objects.create(item=incident, message=message, to_address="pia@example.org")
    count_items()
    index(incident)
    return incident


@pytest.mark.parametrize("place", LISTS)
def test_lists_hold_what_can_be_opened(
    client: Client, lena: User, told: Item, desk: Team, place: str
) -> None:
    client.force_login(lena)
    assert client.get(f"/work-items/{told.number}/").status_code == 403
    answer = client.get(place)
    assert answer.status_code == 200
    assert told.number not in answer.content.decode()
    Item.objects.update(team=desk)
    ItemFigures.objects.update(team=desk)
    Membership.objects.create(user=lena, team=desk)
    assert client.get(f"/work-items/{told.number}/").status_code == 200
    shown = client.get(place).content.decode()
    assert told.number in shown or (place == "/board/" and "Webmail" in shown)


def test_who_has_an_item_of_another_team_sees_it(
    client: Client, lena: User, team: Team, incident: Item
) -> None:
    client.force_login(lena)
    Membership.objects.create(user=lena, team=team)
    assign(actor=SYSTEM, item=incident, assignee=lena, version=None, now=MONDAY)
    assert client.get(f"/work-items/{incident.number}/").status_code == 200
    for place in ("/work-items/", "/work-items/mine/", "/api/work-items"):
        assert incident.number in client.get(place).content.decode()
    assert client.get(f"/api/work-items/{incident.number}/events").status_code == 200


def test_who_is_mentioned_sees_the_item_and_answers_in_a_note(
    client: Client, lena: User, incident: Item
) -> None:
    client.force_login(lena)
    assert client.get(f"/work-items/{incident.number}/").status_code == 403
    comment(actor=SYSTEM, item=incident, text="@lena do you know this one?", now=MONDAY)
    page = client.get(f"/work-items/{incident.number}/").content.decode()
    assert "do you know this one?" in page and "Hand over" not in page
    for place in ("/work-items/?view=watched", "/work-items/mine/", "/api/work-items"):
        assert incident.number in client.get(place).content.decode()
    client.post(f"/work-items/{incident.number}/say/", {"kind": "note", "text": "Yes, restart it"})
    assert incident.messages.last().text == "Yes, restart it"  # type: ignore[union-attr]
    assert (
        client.post(f"/work-items/{incident.number}/take/", {"version": incident.version}).status_code == 403
    )


def test_who_only_reported_cannot_watch_and_so_read_the_notes(lena: User, incident: Item) -> None:
    Item.objects.update(requester=lena)
    incident.refresh_from_db()
    with pytest.raises(NotAllowed):
        watch(actor=lena, item=incident, user=lena, is_watching=True, now=MONDAY)


def test_who_reported_to_another_team_follows_it_in_the_portal(
    client: Client, lena: User, incident: Item
) -> None:
    Item.objects.update(requester=lena)
    client.force_login(lena)
    answer = client.get(f"/work-items/{incident.number}/")
    assert answer["Location"] == f"/portal/requests/{incident.number}/"
    assert client.get(f"/work-items/{incident.number}/clocks/").status_code == 403
    detail = client.get(f"/api/work-items/{incident.number}").json()
    assert detail["number"] == incident.number and detail["links"] == []
    assert client.get(f"/api/work-items/{incident.number}/events").status_code == 403


def test_of_a_link_to_another_team_only_the_number_is_shown(
    client: Client, lena: User, incident: Item, estate: Estate, desk: Team, other: Item
) -> None:
    link(actor=SYSTEM, item=other, other=incident, kind="relates_to", now=MONDAY)
    client.force_login(lena)
    page = client.get(f"/work-items/{other.number}/").content.decode()
    assert incident.number in page and "of another team" in page
    assert incident.title not in page and f'href="/work-items/{incident.number}/"' not in page
    Item.objects.update(team=desk)
    page = client.get(f"/work-items/{other.number}/").content.decode()
    assert incident.title in page and f'href="/work-items/{incident.number}/"' in page


@pytest.fixture
def other(desk: Team, incident: Item) -> Item:
    """An incident of the service desk."""
    row = Item.objects.get(pk=incident.pk)
    row.pk, row.number, row.title, row.team = None, "INC-2026-00099", "The printer is out of paper", desk
    row.save()
    return row


def test_planned_work_of_others_is_told_to_all(
    client: Client, lena: User, incident: Item, other: Item
) -> None:
    now = timezone.now()
    Item.objects.filter(pk=incident.pk).update(
        planned_start=now, planned_end=now + timedelta(hours=1), kind="change"
    )
    client.force_login(lena)
    page = client.get("/work-items/calendar/").content.decode()
    assert incident.title in page and f'href="/work-items/{incident.number}/"' not in page


def test_what_was_solved_before_and_needs_somebody_is_of_ones_own_teams(
    client: Client, lena: User, bob: User, team: Team, incident: Item, other: Item, estate: Estate
) -> None:
    Item.objects.filter(pk=incident.pk).update(phase="solved", solved_at=MONDAY)
    assert similar(other, in_sight(bob)) == [incident]
    assert similar(other, in_sight(lena)) == []
    assert unseen(lena, [incident, other]) == {incident.pk}
    Item.objects.filter(pk=incident.pk).update(phase="open")
    Membership.objects.create(user=lena, team=team)
    client.force_login(lena)
    assert incident.number not in client.get("/").content.decode()
    client.force_login(bob)
    assert incident.number in client.get("/").content.decode()


def test_the_evidence_of_an_outage_names_work_that_may_be_opened(
    client: Client, lena: User, bob: User, incident: Item, estate: Estate, desk: Team
) -> None:
    Outage.objects.create(item=incident, service=estate.webmail, started_at=MONDAY)
    Service.objects.update(team=desk)
    address = "/api/services/webmail/evidence?start=2026-11-02T08:00:00Z&end=2026-11-02T12:00:00Z"
    client.force_login(lena)
    assert client.get(address).json()["work"] == []
    client.force_login(bob)
    assert client.get(address).json()["work"] == [{"number": incident.number, "title": incident.title}]


def test_mails_of_no_item_are_everybodys(lena: User, bob: User, incident: Item) -> None:
    for item in (None, incident):
        MailIn.objects.create(
            item=item,
            outcome=Outcome.LEFT,
            received_at=MONDAY,
            size_bytes=1,
            digest=str(item),
            message_id=str(item),
        )
    assert mails_in_sight(bob).count() == 2
    assert [row.item for row in mails_in_sight(lena)] == [None]


def test_a_number_is_found_with_fewer_zeroes_and_shown_first(
    client: Client, bob: User, incident: Item, other: Item
) -> None:
    Item.objects.filter(pk=incident.pk).update(number="INC-2026-00077")
    incident.refresh_from_db()
    for item in (incident, other):
        index(item)
    client.force_login(bob)
    for asked in ("INC-2026-00077", "inc-2026-77", "INC-2026-0077"):
        page = client.get(f"/search/?q={asked}").content.decode()
        assert re.findall(r"/work-items/(INC-[0-9-]+)/", page)[:1] == ["INC-2026-00077"], asked
    assert "/work-items/INC" not in client.get("/search/?q=INC-2026-7").content.decode()


def test_who_decides_sees_what_they_decide_on(
    client: Client, lena: User, alice: User, bob: User, desk: Team, estate: Estate
) -> None:
    now = timezone.now()
    values = {
        "title": "New disk", "description": "Bigger", "service": "webmail", "change_type": "normal", "risk": "low",
        "impact": "low", "urgency": "low",
    }  # fmt: skip
    change = create(actor=bob, kind="change", values=values, now=now)
    plan = {
        "plan": "Do it", "test_plan": "Look", "rollback": "Undo it", "planned_start": now + timedelta(days=3),
        "planned_end": now + timedelta(days=3, hours=1),
    }  # fmt: skip
    change = take_step(actor=bob, item=change, step="propose", version=None, now=now, values=plan)
    client.force_login(lena)
    assert client.get(f"/work-items/{change.number}/").status_code == 403
    set_deputy(
        actor=alice, person=alice, deputy=lena, starts_at=now, ends_at=now + timedelta(days=9), now=now
    )
    page = client.get(f"/work-items/{change.number}/")
    assert page.status_code == 200 and "Your decision is asked" in page.content.decode()
    approval = change.approvals.get()
    decide(actor=lena, approval=approval, is_approved=True, reason="", now=now)
    assert client.get(f"/work-items/{change.number}/").status_code == 200
