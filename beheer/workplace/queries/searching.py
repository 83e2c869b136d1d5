"""Searching everywhere: services, checks, work, customers, configuration items, people."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import ConfigurationItem, Customer
from beheer.catalogue.queries import services
from beheer.monitoring.queries import checks
from beheer.people.models import User
from beheer.permissions.rules import Actor, allowed_somewhere
from beheer.ui.filters import words_query
from beheer.work.models import Item
from beheer.work.search import Found as FoundWork
from beheer.work.search import whole_number
from beheer.work.sight import in_sight
from beheer.workplace.queries.addresses import address
from beheer.workplace.queries.board import item_url

MOST = 10


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found."""

    title: str
    detail: str
    url: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one sort; `more_url` leads to all of it when there is more than is shown."""

    title: Promise
    icon: str
    hits: list[Hit]
    more_url: str


@dataclass(frozen=True, slots=True)
class Sort:
    """One sort of thing to be found: the right to see it, its rows, how a row reads, and its list."""

    title: Promise
    icon: str
    right: str
    rows: Callable[[], QuerySet[Any]]
    fields: tuple[str, ...]
    hit: Callable[[Any], Hit]
    list_page: str


def _state_of(thing: Any, name: str) -> str:
    state = getattr(thing, name, None)
    return state.state if state else ""


SORTS = (
    Sort(
        _("Services"), "service", "catalogue.see",
        lambda: services().select_related("monitored_state").order_by("-criticality", "name"),
        ("name", "key", "description"),
        lambda one: Hit(
            one.name, one.description, address("catalogue:service_detail", one.key), _state_of(one, "monitored_state")
        ),
        "catalogue:service_list",
    ),
    Sort(
        _("Checks"), "pulse", "monitoring.see", lambda: checks().order_by("name"),
        ("name", "key", "kind", "service__name"),
        lambda one: Hit(
            one.name, str(one.service), address("monitoring:check_detail", one.key), _state_of(one, "state")
        ),
        "monitoring:check_list",
    ),
    Sort(
        _("Configuration items"), "item", "catalogue.see", lambda: ConfigurationItem.objects.order_by("name"),
        ("name", "key", "address", "kind"),
        lambda one: Hit(one.name, f"{one.kind} {one.address}".strip(), address("catalogue:item_detail", one.key)),
        "catalogue:item_list",
    ),
    Sort(
        _("Customers"), "customer", "catalogue.see", lambda: Customer.objects.order_by("name"),
        ("name", "key", "contact"),
        lambda one: Hit(one.name, one.contact, address("catalogue:customer_detail", one.key)),
        "catalogue:customer_list",
    ),
    Sort(
        _("People"), "people", "people.see", lambda: User.objects.filter(is_active=True).order_by("username"),
        ("username", "display_name", "email"),
        lambda one: Hit(str(one), one.email, address("people:user_detail", one.username)),
        "people:user_list",
    ),
)  # fmt: skip


def search(actor: Actor, text: str) -> list[Found]:
    """What the actor may see that has every word of `text`; nothing for no words."""
    if not text.split():
        return []
    found = [_found(sort, text) for sort in SORTS if allowed_somewhere(actor, sort.right)]
    if allowed_somewhere(actor, "work.see"):
        found.insert(1, _work(actor, text))
    return [one for one in found if one.hits]


def _found(sort: Sort, text: str) -> Found:
    rows = list(sort.rows().filter(words_query(text, sort.fields))[: MOST + 1])
    more = address(sort.list_page, query=urlencode({"q": text})) if len(rows) > MOST else ""
    return Found(sort.title, sort.icon, [sort.hit(row) for row in rows[:MOST]], more)


def _work(actor: Actor, text: str) -> Found:
    """Items of work in sight of the actor: the one whose number was asked for, then the newest."""
    items = Item.objects.filter(in_sight(actor)).prefetch_related("service")
    number = whole_number(text)
    named = list(items.filter(number=number)) if number else []
    others = items.exclude(number=number) if named else items
    rows = named + FoundWork(text).newest_among(others, MOST + 1)
    hits = [Hit(f"{one.number} {one.title}", _about(one), item_url(one)) for one in rows[:MOST]]
    return Found(
        _("Work"),
        "work",
        hits,
        address("work:item_list", query=urlencode({"q": text, "view": "all"})) if len(rows) > MOST else "",
    )


def _about(item: Item) -> str:
    return " · ".join(str(part) for part in (item.get_phase_display(), item.service) if part)
