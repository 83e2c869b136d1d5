"""Long lists of work: searched, sorted and walked."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partialmethod

import pytest
from django.test import Client
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.people.models import RoleGrant, User
from beheer.permissions.rules import SYSTEM
from beheer.ui.lists import ListPage
from beheer.ui.paging import Order
from beheer.work import search
from beheer.work.actions import create
from beheer.work.models import Item
from beheer.work.search import search_work
from beheer.work.views import lists

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
    assert search.Found("mail printer").newest_among(oldest, 5) == [many[0]]
    assert [item.pk for item in search.Found("mail").newest_among(Item.objects.all(), 2)] == [
        item.pk for item in reversed(many[-2:])
    ]
    assert not search_work(Item.objects.all(), "mail zzz")
    assert not search_work(Item.objects.all(), "!!!")


def titled(title: str) -> Item:
    service, _ = Service.objects.get_or_create(key="campus", name="Campus")
    values = {"title": title, "impact": 2, "urgency": 2, "service": service.key}
    return create(actor=SYSTEM, kind="incident", values=values, now=timezone.now())


@pytest.mark.parametrize(
    "text",
    [
        "desk.example.org", "desk", "exam org", "info@desk.example.org", "info", "/var/log/sys", "syslog", "10.20.30.4",
        "wi-fi", "fi", "cafe", "Café", "printers", "netw", "de printer", "O'Brien", "brien", "snake_case", "case",
        "CVE-2026-1234", "cve",
    ],
)  # fmt: skip
def test_an_item_is_found_by_every_part_of_its_words(text: str) -> None:
    item = titled(
        "Mail aan info@desk.example.org over /var/log/syslog op 10.20.30.4: wi-fi in het café, de printers "
        "van O'Brien op het netwerk, snake_case en CVE-2026-1234"
    )
    titled("Something else")
    assert [one.pk for one in search_work(Item.objects.all(), text)] == [item.pk]


def test_the_beginning_of_a_number_finds_by_number_and_a_whole_one_also_who_speaks_of_it(
    many: list[Item],
) -> None:
    whole = many[0].number
    other = titled(f"Same as {whole}")
    found = search_work(Item.objects.all(), whole.lower()[:-1])
    assert {item.pk for item in found} == {
        item.pk for item in [*many, other] if item.number.startswith(whole[:-1])
    }
    assert {item.pk for item in search_work(Item.objects.all(), whole)} == {many[0].pk, other.pk}
    assert not search_work(Item.objects.all(), "INC-1999-00001")
    assert len(search_work(Item.objects.filter(pk=other.pk), whole[:9])) == 1


def test_a_common_word_says_how_many_at_least(
    client: Client, many: list[Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    user = User.objects.create(username="reader", email="reader@example.org", must_change_password=False)
    RoleGrant.objects.create(user=user, role="member")
    client.force_login(user)
    monkeypatch.setattr(search, "MOST_FOUND", 10)
    monkeypatch.setattr(lists, "MOST_FOUND", 10)
    monkeypatch.setattr(ListPage, "__init__", partialmethod(ListPage.__init__, page_size=5))
    page = client.get("/work-items/", {"q": "mail", "view": "all"}).content.decode()
    assert "more than 10" in page
    page = client.get("/work-items/", {"q": "mail", "view": "all", "kind": "incident"}).content.decode()
    assert "more than 5" in page
    page = client.get("/work-items/", {"q": "printer", "view": "all"}).content.decode()
    assert "4 rows" in page


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
