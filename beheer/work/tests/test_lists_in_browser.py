"""The lists of work in a real browser: in both languages, on desk and phone, for everyone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.permissions.rules import SYSTEM
from beheer.ui.tests.browser import Visitor
from beheer.work.actions import create
from beheer.work.models import Item

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def sixty(db: None) -> None:
    """Sixty incidents: more than a page."""
    Service.objects.create(key="web", name="Web")
    now = timezone.now()
    for n in range(60):
        values = {"title": f"Mail {n}", "service": "web", "impact": 1 + n % 3, "urgency": 2}
        create(actor=SYSTEM, kind="incident", values=values, now=now - timedelta(minutes=n))
    Item.objects.filter(pk__in=Item.objects.values("pk")[:5]).update(due_at=now - timedelta(hours=1))


def test_lists_and_board_fit_and_are_for_everyone(visitor: Visitor, sixty: None) -> None:
    visitor.look_at(
        "/work-items/",
        "/work-items/?view=all&q=mail&sort=-due_at&group=priority",
        "/work-items/?q=nothingatall",
        "/work-items/board/?kind=incident",
        "/work-items/mine/",
    )


def test_pages_lead_on_and_back_and_a_filter_is_kept(visitor: Visitor, sixty: None) -> None:
    with visitor.page() as page:
        page.goto("/work-items/?sort=priority")
        first = page.locator("tbody tr a").first.inner_text()
        assert page.locator("tbody tr").count() == 50
        page.get_by_role("link", name="Next").click()
        page.wait_for_url("**after=*")
        assert page.locator("tbody tr").count() == 10
        page.get_by_role("link", name="Previous").click()
        page.wait_for_url("**before=*")
        assert page.locator("tbody tr a").first.inner_text() == first


def test_the_list_stands_beside_the_menu_on_a_small_desk(visitor: Visitor, sixty: None) -> None:
    with visitor.page() as page:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto("/work-items/")
        frame = page.locator(".work-list .table-frame")
        assert frame.evaluate("it => it.scrollWidth - it.clientWidth") == 0
        assert page.locator("thead th").all_inner_texts()[-1].strip() in ("Due", "Uiterlijk")


def test_what_is_picked_is_counted_and_all_are_picked_at_once(visitor: Visitor, sixty: None) -> None:
    with visitor.page() as page:
        page.goto("/work-items/")
        page.keyboard.press("j")
        page.keyboard.press("x")
        assert page.locator("[data-picked]").inner_text() == "1"
        page.locator("[data-pick-all]").click()
        assert page.locator("[data-picked]").inner_text() == "50"
        page.get_by_role("button", name="Watch").click()
        page.wait_for_load_state()
        assert "Done with 50" in page.locator(".messages").inner_text()
