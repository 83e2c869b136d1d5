"""What ICT users see and do, and what they never see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.monitoring.models import ServiceState
from beheer.people.actions import create_user, grant_role
from beheer.people.models import Team, User
from beheer.permissions.rules import SYSTEM
from beheer.portal.queries import own_items, planned_work, statuses
from beheer.service_levels.models import PlannedWindow
from beheer.work.actions.conversation import comment, reply
from beheer.work.actions.steps import take_step
from beheer.work.models import Item

pytestmark = pytest.mark.django_db


def person(name: str, role: str = "user") -> User:
    """Somebody with one role."""
    user, _ = create_user(actor=SYSTEM, username=name, email=f"{name}@example.org", now=timezone.now())
    grant_role(actor=SYSTEM, user=user, role=role, now=timezone.now())
    user.must_change_password = False
    user.save()
    return user


@pytest.fixture
def alice() -> User:
    return person("alice")


@pytest.fixture
def bob() -> User:
    return person("bob", "member")


@pytest.fixture
def mail() -> Service:
    return Service.objects.create(key="mail", name="E-mail", criticality=3, users_served=900)


def as_user(user: User) -> Client:
    """A browser in which the person is signed in."""
    client = Client()
    client.force_login(user)
    return client


def reported(user: User, service: Service, **values: str) -> Item:
    """Report a disturbance on the page, and give the item."""
    given = {"service": service.key, "title": "No mail", "description": "Nothing comes in.", "urgency": "1"}
    answer = as_user(user).post("/portal/new/incident/", given | values)
    assert answer.status_code == 302, answer.content.decode()
    return Item.objects.get(number=answer["Location"].split("/")[-3])


def test_status_needs_no_account_and_shows_the_worst_first(client: Client, mail: Service) -> None:
    wiki = Service.objects.create(key="wiki", name="Wiki")
    Service.objects.create(key="inside", name="Inside only", is_public=False)
    now = timezone.now()
    ServiceState.objects.create(service=mail, state="up", since_at=now)
    ServiceState.objects.create(
        service=wiki, state="down", since_at=now, reason="disk sda1 is full on host db7"
    )
    page = client.get("/portal/").content.decode()
    assert page.index("Wiki") < page.index("E-mail")
    assert "Inside only" not in page
    assert "db7" not in page


def test_a_service_that_nothing_is_known_of_is_unknown_and_not_up(mail: Service) -> None:
    assert [(one.service, one.state, one.since) for one in statuses([])] == [(mail, "unknown", None)]


def test_with_many_services_the_worst_are_shown_and_others_found_by_name(client: Client) -> None:
    many = Service.objects.bulk_create([Service(key=f"s{n}", name=f"Service {n:03}") for n in range(100)])
    ServiceState.objects.bulk_create(
        [
            ServiceState(service=one, state="down" if n == 99 else "up", since_at=timezone.now())
            for n, one in enumerate(many)
        ]
    )
    page = client.get("/portal/").content.decode()
    assert "Service 099" in page and "Service 058" in page and "Service 090" not in page
    assert "Service 090" in client.get("/portal/?q=090").content.decode()
    assert "No service has this in its name." in client.get("/portal/?q=nothing").content.decode()


def test_planned_work_of_the_next_two_weeks_is_announced(mail: Service) -> None:
    now = timezone.now()
    for days, reason in ((1, "new version"), (20, "far away")):
        start = now + timedelta(days=days)
        window = PlannedWindow.objects.create(
            uid=reason, starts_at=start, ends_at=start + timedelta(hours=2), announced_at=now, reason=reason,
            recorded_at=now, approved_at=now,
        )  # fmt: skip
        window.services.add(mail)
    assert [(work.reason, work.is_under_way) for work in planned_work(now)] == [("new version", False)]


def test_everything_else_asks_to_sign_in(client: Client) -> None:
    for path in ("/portal/requests/", "/portal/new/incident/", "/portal/requests/INC-2026-00001/"):
        answer = client.get(path)
        assert answer.status_code == 302
        assert "/account/login/" in answer["Location"]


def test_alice_reports_follows_and_confirms(alice: User, bob: User, mail: Service) -> None:
    item = reported(alice, mail)
    assert (item.requester, item.channel, item.urgency) == (alice, "portal", 1)
    comment(actor=bob, item=item, text="It is the spam filter again.", now=timezone.now())
    reply(actor=bob, item=item, text="We are looking into it.", now=timezone.now())
    page = as_user(alice).get(f"/portal/requests/{item.number}/").content.decode()
    assert "We are looking into it." in page
    assert "spam filter" not in page
    as_user(alice).post(f"/portal/requests/{item.number}/answer/", {"text": "Thank you!"})
    take_step(
        actor=bob,
        item=item,
        step="resolve",
        version=None,
        now=timezone.now(),
        values={"solution": "Restarted."},
    )
    page = as_user(alice).get(f"/portal/requests/{item.number}/").content.decode()
    assert "Restarted." in page
    as_user(alice).post(f"/portal/requests/{item.number}/confirm/")
    as_user(alice).post(f"/portal/requests/{item.number}/rate/", {"score": "4"})
    item.refresh_from_db()
    assert (item.state, item.satisfaction) == ("closed", 4)


def test_alice_says_that_it_is_not_solved(alice: User, bob: User, mail: Service) -> None:
    item = reported(alice, mail)
    take_step(actor=bob, item=item, step="take", version=None, now=timezone.now())
    take_step(
        actor=bob,
        item=item,
        step="resolve",
        version=None,
        now=timezone.now(),
        values={"solution": "Restarted."},
    )
    answer = as_user(alice).post(f"/portal/requests/{item.number}/reopen/", {"comment": ""})
    assert answer.status_code == 422
    as_user(alice).post(f"/portal/requests/{item.number}/reopen/", {"comment": "Still nothing."})
    item.refresh_from_db()
    assert item.phase == "open"


def test_charlie_does_not_see_what_alice_reported(alice: User, mail: Service) -> None:
    item = reported(alice, mail)
    charlie = as_user(person("charlie"))
    assert charlie.get(f"/portal/requests/{item.number}/").status_code == 404
    assert charlie.post(f"/portal/requests/{item.number}/answer/", {"text": "x"}).status_code == 404
    assert item.number not in charlie.get("/portal/requests/").content.decode()


def test_what_is_shared_with_the_team_is_seen_by_the_team(alice: User, mail: Service) -> None:
    item = reported(alice, mail)
    carol = person("carol")
    team = Team.objects.create(key="law", name="Law")
    team.members.set([alice, carol])
    assert not own_items(carol).exists()
    assert as_user(carol).post(f"/portal/requests/{item.number}/share/", {"team": "law"}).status_code == 404
    as_user(alice).post(f"/portal/requests/{item.number}/share/", {"team": "law"})
    assert list(own_items(User.objects.get(pk=carol.pk))) == [item]
    page = as_user(carol).get(f"/portal/requests/{item.number}/").content.decode()
    assert "Nothing comes in." in page and "Your message" not in page
    as_user(alice).post(f"/portal/requests/{item.number}/share/", {"team": ""})
    assert as_user(carol).get(f"/portal/requests/{item.number}/").status_code == 404


def test_alice_cannot_share_with_a_team_that_is_not_hers(alice: User, mail: Service) -> None:
    item = reported(alice, mail)
    team = Team.objects.create(key="law", name="Law")
    team.members.set([person("carol")])
    as_user(alice).post(f"/portal/requests/{item.number}/share/", {"team": "law"})
    item.refresh_from_db()
    assert item.shared_with is None


def test_a_form_with_nothing_in_it_names_every_field(alice: User, mail: Service) -> None:
    answer = as_user(alice).post("/portal/new/incident/", {})
    assert answer.status_code == 422
    assert answer.content.decode().count("This field is required.") >= 3


def test_a_kind_that_is_not_for_users_cannot_be_asked_for(alice: User) -> None:
    assert as_user(alice).get("/portal/new/change/").status_code == 404
    assert as_user(alice).get("/portal/new/nothing/").status_code == 404


def test_who_answers_is_shown_by_name(alice: User, bob: User, mail: Service) -> None:
    item = reported(alice, mail)
    reply(actor=bob, item=item, text="We are looking into it.", now=timezone.now())
    User.objects.filter(pk=bob.pk).update(display_name="Bob Jansen")
    shown = as_user(alice).get(f"/portal/requests/{item.number}/").content.decode()
    assert "<strong>Bob Jansen</strong>" in shown


@pytest.mark.parametrize("score", ["²", "", "6", "five"])
def test_a_score_that_is_none_is_told(alice: User, bob: User, mail: Service, score: str) -> None:
    item = reported(alice, mail)
    solved = {"solution": "Restarted."}
    take_step(actor=bob, item=item, step="resolve", version=None, now=timezone.now(), values=solved)
    answer = as_user(alice).post(f"/portal/requests/{item.number}/rate/", {"score": score})
    assert answer.status_code == 422
    assert Item.objects.get().satisfaction is None
