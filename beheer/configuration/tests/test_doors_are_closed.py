"""Deny by default: whoever is not signed in gets nowhere but to the sign-in, unless a page is public by this list."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from beheer.audit.models import Entry
from beheer.people.models import User

pytestmark = pytest.mark.django_db

# Everything that may be opened without signing in. Whoever adds to it says why.
PUBLIC = (
    r"^account/",  # signing in itself; allauth asks for more where it must
    r"^language/$",  # choosing a language
    r"^api/(docs|openapi\.json)$",  # what the API can do
    r"^ping/",  # jobs call it; the address holds a token
    r"^portal/$",  # the state of public services, for ICT users
    r"^health$",  # whether the server runs, for load balancers
    r"^metrics$",  # for programs on this machine only
)
# What people may do to their own account without any role.
OWN = {"people.change_user", "people.create_token", "notifications.create_channel", "notifications.subscribe"}
SAMPLES = {
    "int": "1",
    "slug": "web",
    "str": "web",
    "uuid": "6f4d6a1e-0000-4000-8000-000000000000",
    "path": "web",
}


def addresses(patterns: Any = None, prefix: str = "") -> Iterator[str]:
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        part = prefix + str(pattern.pattern).lstrip("^")
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, part)
        elif isinstance(pattern, URLPattern):
            yield part


def filled(route: str) -> str:
    """The address with a sample for each parameter."""
    route = re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES.get(found[1] or "str", "1"), route)
    return "/" + re.sub(r"\(\?P<\w+>[^)]*\)", "1", route).replace("\\Z", "").replace("$", "")


CLOSED = sorted({route for route in addresses() if not any(re.match(rule, route) for rule in PUBLIC)})


def test_the_list_of_addresses_is_not_empty() -> None:
    assert len(CLOSED) > 50


def test_nobody_gets_in_without_signing_in(client: Client) -> None:
    open_doors = []
    for route in CLOSED:
        for method in (client.get, client.post):
            answer = method(filled(route))
            sent_away = answer.status_code == 302 and "/account/login/" in answer["Location"]
            refused = route.startswith("api/") and answer.status_code in {401, 403, 404, 405}
            if not sent_away and not refused:
                open_doors.append((route, answer.status_code))
    assert not open_doors


def test_who_has_no_role_changes_nothing(client: Client) -> None:
    client.force_login(User.objects.create(username="nobody", email="nobody@example.org"))
    for route in CLOSED:
        if route.startswith("api/"):
            for method in (client.post, client.put, client.delete):
                method(filled(route), "{}", content_type="application/json")
        else:
            client.post(filled(route), {"name": "web", "key": "web"})
    assert {entry.verb for entry in Entry.objects.all()} <= OWN
