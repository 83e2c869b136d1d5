"""The portal in a real browser, on a phone and on a desk, in Dutch and English, with and without JavaScript."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.monitoring.models import ServiceState
from beheer.people.models import Membership, Team, User
from beheer.portal.tests.test_catalogue import outage, published, words
from beheer.portal.tests.test_portal import person
from beheer.ui.tests.browser import Visitor, violations
from beheer.work.actions import make_request
from beheer.work.models import Item

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def alice(transactional_db: None) -> User:
    """Alice of the law faculty, whom Dora leads; mail is down."""
    team = Team.objects.create(key="law", name="Law")
    alice, dora = person("alice"), person("dora")
    Membership.objects.create(team=team, user=alice)
    Membership.objects.create(team=team, user=dora, is_lead=True)
    mail = Service.objects.create(key="mail", name="E-mail", description="Post and calendar")
    Service.objects.create(key="wiki", name="Wiki")
    ServiceState.objects.create(service=mail, state="down", since_at=timezone.now())
    outage(mail)
    published()
    return alice


@pytest.fixture
def user(visitor: Visitor, alice: User) -> Visitor:
    """Alice with a browser."""
    return of(visitor, alice)


def of(visitor: Visitor, user: User) -> Visitor:
    """Somebody with a browser."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    return Visitor(visitor.browser, visitor.address, {settings.SESSION_COOKIE_NAME: cookie})


def test_every_page_of_the_portal_fits_and_is_for_everyone(
    visitor: Visitor, user: Visitor, alice: User
) -> None:
    model = published(approvals=[{"who": ["requester_lead"]}])
    item = make_request(actor=alice, model=model, answers={"size": "big", "why": "Maps"}, now=timezone.now())
    known = Item.objects.get(kind="incident")
    user.look_at(
        "/portal/", "/portal/catalogue/", "/portal/catalogue/?q=nothing", "/portal/catalogue/laptop/",
        "/portal/requests/", "/portal/new/incident/?service=mail", f"/portal/requests/{item.number}/",
        f"/portal/requests/{item.number}/received/", f"/portal/disturbances/{known.number}/",
    )  # fmt: skip
    dora = of(visitor, User.objects.get(username="dora"))
    dora.look_at(f"/portal/approvals/{item.approvals.get().pk}/")
    Visitor(visitor.browser, visitor.address, {}).look_at("/portal/")


def test_a_question_appears_when_its_answer_is_given(user: Visitor) -> None:
    with user.page("nl", "phone") as page:
        page.goto("/portal/catalogue/laptop/")
        why = page.get_by_label("Waarom groot?")
        assert not why.is_visible()
        page.get_by_label("groot", exact=True).check()
        assert why.is_visible()
        page.get_by_label("klein", exact=True).check()
        assert not why.is_visible()
        page.get_by_label("groot", exact=True).check()
        page.get_by_role("button", name="Versturen").click()
        assert page.locator(".note.bad").is_visible() and violations(page) == []
        why.fill("Kaarten")
        page.get_by_role("button", name="Versturen").click()
        page.wait_for_url("**/received/")
        assert "REQ-" in page.locator(".big-number").inner_text()


def test_without_script_every_question_is_there_with_its_condition(user: Visitor) -> None:
    with user.page("en", "phone", scripts=False) as page:
        page.goto("/portal/catalogue/laptop/")
        assert "Only if “Size” is: big." in page.content()
        page.get_by_label("big", exact=True).check()
        page.get_by_role("button", name="Send").click()
        page.get_by_label("Why big?").fill("Maps")
        page.get_by_role("button", name="Send").click()
        assert page.locator(".big-number").is_visible()


def test_users_are_led_only_where_they_may_go(user: Visitor) -> None:
    with user.page("en", "desk") as page:
        page.goto("/portal/")
        links = page.locator("nav.places a[href]").evaluate_all("all => all.map(one => one.pathname)")
        assert set(links) == {"/portal/", "/portal/catalogue/", "/portal/requests/"}
        for link in sorted(set(links)):
            answer = page.goto(link)
            assert answer is not None and answer.status == 200


def test_the_pages_of_who_keeps_the_catalogue_fit_and_are_for_everyone(
    look_at: Callable[..., None], alice: User
) -> None:
    published(
        approvals=[{"who": ["requester_lead"]}],
        tasks={"make": {"name": words("Maken", "Make it")}},
    )
    look_at(
        "/work-items/catalogue/", "/work-items/catalogue/laptop/", "/work-items/catalogue/laptop/edit/",
        "/work-items/catalogue/laptop/file/", "/work-items/catalogue/laptop/ask/",
        "/work-items/catalogue/laptop/requests/", "/work-items/catalogue/new/",
    )  # fmt: skip
