"""Long lists of work: searched, sorted and walked."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.ui.lists import ListPage
from beheer.ui.paging import Order
from beheer.work import search
from beheer.work.actions import create
from beheer.work.models import Item
from beheer.work.search import search_work

pytestmark = pytest.mark.django_db


@pytest.fixture
def many() -> list[Item]:
    """Twelve incidents: mail in all, a printer in each third; every second about a service, some due."""
    services = [Service.objects.create(key=key, name=key.title()) for key in ("web", "mail")]
    now = timezone.now()
    made = []
    for n in range(12):
        values = {"title": f"Mail {'printer' if n % 3 == 0 else 'lamp'} {n}", "impact": 2, "urgency": 2,
                  "service": services[n % 2].key}  # fmt: skip
        item = create(actor=SYSTEM, kind="incident", values=values, now=now + timedelta(minutes=n))
        due = None if n % 4 else now + timedelta(hours=n)
        Item.objects.filter(pk=item.pk).update(due_at=due, service=None if n % 5 == 0 else item.service)
        made.append(item)
    return made


@pytest.mark.parametrize("huge", [5, 500])
def test_a_common_word_leaves_out_nothing_however_few_are_named(
    many: list[Item], huge: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {item.pk for item in search_work(Item.objects.all(), "mail")}
    assert len(whole) == 12
    monkeypatch.setattr(search, "MOST_FOUND", 3)
    monkeypatch.setattr(search, "HUGE", huge)
    assert {item.pk for item in search_work(Item.objects.all(), "mail")} == whole
    oldest = Item.objects.filter(number=many[0].number)
    assert [item.number for item in search_work(oldest, "mail printer")] == [many[0].number]
    assert search_work(Item.objects.all(), "mail").count() == 12
    assert not search_work(Item.objects.all(), "mail zzz")
    assert not search_work(Item.objects.all(), "!!!")


@pytest.mark.parametrize(
    "by", ["service__name", "-service__name", "due_at", "-due_at", "service", "-priority"]
)
def test_items_are_walked_once_and_in_order_by_what_not_all_have(many: list[Item], by: str) -> None:
    order = Order(Item.objects.order_by(by))
    whole = [item.pk for item in order.ordered()]
    found = order.first(5)
    while place := order.place(order.token(found[-1], 1)):
        following = order.after(place, 5)
        if not following:
            break
        found += following
    assert [item.pk for item in found] == whole
    assert len(set(whole)) == 12


def test_the_list_is_walked_by_its_links_without_a_script(
    many: list[Item], client: Client, django_user_model: type[User], monkeypatch: pytest.MonkeyPatch
) -> None:
    boss = django_user_model.objects.create(username="boss", email="boss@example.org")
    boss.role_grants.create(role="lead")
    client.force_login(boss)
    monkeypatch.setattr("beheer.ui.lists.ListPage.__init__.__kwdefaults__", {
        **_defaults(), "page_size": 5})  # fmt: skip
    address, seen = "/work-items/?view=all&q=mail&sort=due_at", []
    for _ in range(5):
        text = client.get(address).content.decode()
        seen += re.findall(r'name="number" value="([^":]+):', text)
        found = re.search(r'rel="next" href="([^"]+)"', text)
        if not found:
            break
        address = found[1].replace("&amp;", "&")
    assert sorted(seen) == sorted(item.number for item in many)


def _defaults() -> dict[str, object]:
    return dict(ListPage.__init__.__kwdefaults__ or {})
