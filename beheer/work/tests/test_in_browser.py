"""The pages where work is talked over, approved and planned, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from beheer.catalogue.models import ConfigurationItem, Dependency, Service
from beheer.people.models import Membership, Team, User
from beheer.permissions.rules import SYSTEM
from beheer.ui.tests.browser import Visitor, violations
from beheer.work.actions import comment, create, hand_over, reply, set_deputy, take_step
from beheer.work.actions.links import add_article
from beheer.work.actions.templates import create_template
from beheer.work.mail.incoming import take_in
from beheer.work.models import Freeze, Item, MailIn, MailOut
from beheer.work.tests.conftest import person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
NOW = timezone.now().replace(microsecond=0)
SOON = (NOW + timedelta(days=4)).replace(minute=0, second=0)


@pytest.fixture
def house(visitor: Visitor) -> dict[str, Any]:
    """An incident that went back and forth, and two changes that are in each other's way."""
    me = get_user_model().objects.get(username="visitor")
    servers, desk = (Team.objects.create(key=key, name=key.title()) for key in ("servers", "desk"))
    web = Service.objects.create(key="web", name="Website", team=servers, criticality=3)
    base = Service.objects.create(key="base", name="Database", team=servers)
    Dependency.objects.create(service=web, needs=base)
    ConfigurationItem.objects.create(key="db01", name="db01.example.org", service=base)
    bob, charlie = person("bob", "member", servers), person("charlie", "user")
    Membership.objects.create(team=servers, user=me)
    values = {"title": "No pages", "description": "Since nine.", "service": "web", "requester": "charlie",
              "impact": "high", "urgency": "medium"}  # fmt: skip
    incident = create(actor=SYSTEM, kind="incident", values=values, now=NOW - timedelta(hours=3))
    for n, team in enumerate((desk, servers)):
        hand_over(actor=SYSTEM, item=incident, team=team, reason="Theirs", version=None,
                  now=NOW - timedelta(hours=2 - n))  # fmt: skip
    comment(actor=bob, item=incident, text="@visitor have a look", now=NOW)
    add_article(actor=bob, item=incident, title="Restarting", url="https://wiki.example.org/x", now=NOW)
    message = reply(actor=bob, item=incident, text="We are on it.", now=NOW)
    out = MailOut.objects.create(item=incident, message=message, to_address="c@example.org", mail_id="<a@x>",
                                 attempts=6, error="550 no such mailbox")  # fmt: skip
    changes = [_change(bob, key, n) for n, key in enumerate(("web", "base"))]
    set_deputy(actor=SYSTEM, person=bob, deputy=me, starts_at=NOW, ends_at=SOON, now=NOW)
    Freeze.objects.create(name="Exams", starts_at=SOON, ends_at=SOON + timedelta(days=2))
    create_template(
        actor=SYSTEM,
        values={
            "key": "busy",
            "name": "We are on it",
            "text_nl": "Beste {reporter}.",
            "text_en": "Dear {reporter}.",
        },
        now=NOW,
    )
    left = take_in(
        b"From: a@example.org\r\nSubject: Away\r\nAuto-Submitted: auto-replied\r\n\r\nAway.\r\n", NOW
    )
    return {"incident": incident, "changes": changes, "out": out, "left": left, "charlie": charlie}


def _change(actor: User, service: str, hours: int) -> Item:
    values = {
        "title": f"Renew {service}", "description": "x", "service": service, "change_type": "normal",
        "risk": "low", "impact": "low", "urgency": "low", "interrupts": True, "assignee": "bob",
        "planned_start": SOON + timedelta(hours=hours), "planned_end": SOON + timedelta(hours=hours + 2),
    }  # fmt: skip
    item = create(actor=actor, kind="change", values=values, now=NOW)
    plan = {"plan": "a", "test_plan": "b", "rollback": "c", "planned_start": item.planned_start,
            "planned_end": item.planned_end}  # fmt: skip
    return take_step(actor=actor, item=item, step="propose", version=None, now=NOW, values=plan)


def test_items_approvals_and_the_calendar_fit_and_are_accessible(
    house: dict[str, Any], look_at: Callable[..., None]
) -> None:
    incident, (change, _other) = house["incident"], house["changes"]
    base = f"/work-items/{incident.number}/"
    look_at(base, base + "links/", base + "hand-over/", f"/work-items/{change.number}/")
    look_at("/work-items/approvals/", "/work-items/deputies/", "/work-items/calendar/", "/work-items/mine/")


def test_templates_and_mails_fit_and_are_accessible(
    house: dict[str, Any], look_at: Callable[..., None]
) -> None:
    left: MailIn = house["left"]
    out: MailOut = house["out"]
    look_at("/work-items/templates/", "/work-items/templates/new/", "/work-items/templates/busy/")
    look_at("/work-items/mails/", f"/work-items/mails/{left.pk}/", "/work-items/mails/out/",
            f"/work-items/mails/out/{out.pk}/")  # fmt: skip


def test_a_template_is_put_in_the_reply_and_sent_without_javascript(
    house: dict[str, Any], visitor: Visitor
) -> None:
    with visitor.page("en", scripts=False) as page:
        page.goto(f"/work-items/{house['incident'].number}/")
        page.fill("#say-text", "Hello!")
        page.select_option("select[name=template]", "busy")
        page.get_by_role("button", name="Put it in the reply").click()
        assert page.input_value("#say-text").startswith("Hello!\n\n")
        assert page.locator("input[name=kind][value=reply]").is_checked()
        page.get_by_role("button", name="Add", exact=True).click()
        assert page.locator(".timeline .on-reply").first.inner_text().count("charlie") == 1


def test_of_two_who_change_an_item_the_second_is_told_and_nothing_is_overwritten(
    house: dict[str, Any], visitor: Visitor
) -> None:
    address = f"/work-items/{house['incident'].number}/change/"
    with visitor.page() as first, visitor.browser.new_context(base_url=visitor.address) as context:
        context.add_cookies(
            [{"name": "sessionid", "value": visitor.cookies["sessionid"], "url": visitor.address}]
        )
        second = context.new_page()
        for page, title in ((first, "Theirs"), (second, "Mine")):
            page.goto(address)
            page.fill("input[name=title]", title)
        first.get_by_role("button", name="Change").click()
        first.wait_for_url("**/" + house["incident"].number + "/")
        second.locator("form.form button[type=submit]").click()
        assert "was changed by" in second.inner_text("main")
        assert violations(second) == []
    assert Item.objects.get(pk=house["incident"].pk).title == "Theirs"


def test_what_is_in_the_way_is_seen_before_it_is_planned(house: dict[str, Any], visitor: Visitor) -> None:
    with visitor.page("en") as page:
        page.goto("/work-items/new/change/?service=web")
        page.fill("input[name=title]", "Third")
        page.fill("textarea[name=description]", "x")
        page.select_option("select[name=change_type]", "normal")
        page.select_option("select[name=risk]", "low")
        local = timezone.localtime(SOON)
        page.fill("input[name=planned_start]", f"{local:%Y-%m-%dT%H:%M}")
        page.fill("input[name=planned_end]", f"{local + timedelta(hours=1):%Y-%m-%dT%H:%M}")
        page.locator("form.form button[type=submit]").click()
        told = page.inner_text("main")
        assert "also touches Website" in told and "falls in the freeze “Exams”" in told
        assert violations(page) == []
        page.get_by_role("button", name="Plan it anyway").click()
        assert "Third" in page.inner_text("h1")
