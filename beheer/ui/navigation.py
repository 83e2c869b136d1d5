"""What stands in the side navigation. A room adds one line; an entry whose page does not exist is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the navigation: a key, what it says, its page ("room:view"), its icon,
    and the letter that leads there after `g`."""

    key: str
    title: _StrPromise
    url_name: str
    icon: str
    shortcut: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that belong together, under a small heading (empty for the first)."""

    title: _StrPromise | str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as shown on one page."""

    key: str
    title: _StrPromise
    url: str
    icon: str
    current: bool
    shortcut: str = ""


GROUPS: tuple[Group, ...] = (
    Group(
        "",
        (
            Entry("home", _("Home"), "workplace:home", "home", "h"),
            Entry("board", _("Service board"), "workplace:board", "board", "b"),
            Entry("work", _("Work"), "work:item_list", "work", "w"),
            Entry("portal", _("Portal"), "portal:status", "lifebuoy"),
        ),
    ),
    Group(
        _("Measure"),
        (
            Entry("checks", _("Checks"), "monitoring:check_list", "pulse", "c"),
            Entry("state_changes", _("State changes"), "monitoring:state_change_list", "history"),
            Entry("alerts", _("Alerts"), "monitoring:alert_list", "bell"),
            Entry("agents", _("Agents"), "monitoring:agent_list", "agent"),
        ),
    ),
    Group(
        _("Judge"),
        (
            Entry("service_levels", _("Service levels"), "service_levels:overview", "gauge", "l"),
            Entry("agreements", _("Agreements"), "service_levels:agreement_list", "agreement"),
            Entry("windows", _("Planned windows"), "service_levels:window_list", "calendar"),
        ),
    ),
    Group(
        _("Catalogue"),
        (
            Entry("services", _("Services"), "catalogue:service_list", "service", "s"),
            Entry("request_models", _("Service catalogue"), "work:request_model_list", "book"),
            Entry("map", _("Map"), "catalogue:map", "map", "m"),
            Entry("items", _("Configuration items"), "catalogue:item_list", "item"),
            Entry("customers", _("Customers"), "catalogue:customer_list", "customer"),
        ),
    ),
    Group(
        _("Function"),
        (
            Entry("areas", _("Result areas"), "workplace:area_list", "book"),
            Entry("profile", _("Function profile"), "profile:show", "medal"),
            Entry("posts", _("Posts"), "profile:post_list", "person"),
        ),
    ),
    Group(
        _("Administration"),
        (
            Entry("people", _("People"), "people:user_list", "people"),
            Entry("notifications", _("Notifications"), "notifications:delivery_list", "bell"),
            Entry("configuration", _("Configuration"), "configuration:upload", "book"),
            Entry("audit", _("Audit trail"), "audit:entry_list", "audit", "a"),
        ),
    ),
)


# What ICT users see: they have no business with the rest, and would be refused there.
PORTAL: tuple[Group, ...] = (
    Group(
        "",
        (
            Entry("portal", _("Status of services"), "portal:status", "lifebuoy"),
            Entry("ask", _("Ask for something"), "portal:catalogue", "plus"),
            Entry("requests", _("My requests"), "portal:requests", "work"),
        ),
    ),
)

ACCOUNT: tuple[Entry, ...] = (
    Entry("account", _("My account"), "people:account", "person"),
    Entry("factors", _("Second factor"), "mfa_index", "lock"),
    Entry("password", _("Change password"), "account_change_password", "key"),
    Entry("gallery", _("Components"), "ui:gallery", "board"),
)


def _reachable(entries: tuple[Entry, ...]) -> Iterator[tuple[Entry, str]]:
    """The entries whose page exists, with its address."""
    for entry in entries:
        try:
            yield entry, reverse(entry.url_name)
        except NoReverseMatch:
            continue


def sees_all(user: object) -> bool:
    """Whether somebody has a role that sees more than the portal. Their rights are asked where a page is opened."""
    grants: Iterable[Any] = getattr(user, "grants", tuple)()
    return any(grant.gives("work.see") or grant.gives("workplace.see") for grant in grants)


def links(path: str, is_staff: bool = True) -> list[tuple[_StrPromise | str, list[Link]]]:
    """The navigation as seen from `path`: (heading, links); the link that leads nearest to `path` is current."""
    groups = [(group.title, list(_reachable(group.entries))) for group in (GROUPS if is_staff else PORTAL)]
    urls = [url for _title, found in groups for _entry, url in found if path.startswith(url)]
    nearest = max(urls, key=len, default="")
    if nearest == "/" and path != "/":
        nearest = ""
    return [
        (
            title,
            [
                Link(entry.key, entry.title, url, entry.icon, url == nearest, entry.shortcut)
                for entry, url in found
            ],
        )
        for title, found in groups
        if found
    ]


def account_links() -> list[Link]:
    """What stands in the menu of the person who is signed in."""
    return [Link(entry.key, entry.title, url, entry.icon, False) for entry, url in _reachable(ACCOUNT)]
