"""The catalogue's pages and API, through the same actions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from beheer.audit.models import Entry
from beheer.catalogue.actions import create_service
from beheer.catalogue.dependencies import (
    GroupTies,
    Ties,
    add_dependency,
    add_group,
    remove_dependency,
    set_dependencies,
)
from beheer.catalogue.models import ConfigurationItem, Customer, RedundancyGroup, Service
from beheer.catalogue.queries import dependency_graph
from beheer.lib.errors import InputError, NotAllowed
from beheer.people.actions import create_team, create_user, grant_role
from beheer.people.models import Team, User
from beheer.permissions.rules import SYSTEM

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def person(name: str, role: str, team: Team | None = None) -> User:
    user, _ = create_user(actor=SYSTEM, username=name, email=f"{name}@example.org", now=NOW)
    grant_role(actor=SYSTEM, user=user, role=role, team=team, now=NOW)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    return User.objects.get(pk=user.pk)


def service(key: str, **values: Any) -> Service:
    return create_service(actor=SYSTEM, values={"key": key, "name": key.title(), **values}, now=NOW)


@pytest.fixture
def alice(client: Client) -> User:
    user = person("alice", "administrator")
    client.force_login(user)
    return user


def test_a_service_is_made_changed_and_shown(client: Client, alice: User) -> None:
    values = {"key": "web", "name": "Website", "criticality": "4", "users_served": "90", "is_public": "on"}
    made = client.post(reverse("catalogue:service_new"), values)
    assert made.status_code == 302
    page = client.get(reverse("catalogue:service_detail", args=["web"]))
    assert "Website" in page.content.decode() and "business-critical" in page.content.decode()
    client.post(reverse("catalogue:service_change", args=["web"]), {**values, "name": "Public site"})
    assert Service.objects.get().name == "Public site"
    assert Entry.objects.filter(verb="catalogue.change_service").get().changes == {
        "name": ["Website", "Public site"]
    }


def test_a_wrong_form_says_what_is_wrong_and_changes_nothing(client: Client, alice: User) -> None:
    page = client.post(reverse("catalogue:service_new"), {"key": "a b", "name": "", "criticality": "9"})
    assert page.status_code == 422 and not Service.objects.exists()
    assert {"key", "name", "criticality"} <= set(page.context["form"].errors)


def test_a_circle_is_refused_on_the_page_with_its_path(client: Client, alice: User) -> None:
    a, b, c = service("a"), service("b"), service("c")
    add_dependency(actor=SYSTEM, service=a, needs=b, now=NOW)
    add_dependency(actor=SYSTEM, service=b, needs=c, now=NOW)
    page = client.post(reverse("catalogue:service_needs", args=["c"]), {"needs": str(a.pk), "effect": "down"})
    assert "c → a → b → c" in page.content.decode()
    assert not c.dependencies.exists()


def test_a_group_is_added_on_the_page(client: Client, alice: User) -> None:
    service("web"), service("n1"), service("n2")
    ids = [str(row.pk) for row in Service.objects.filter(key__startswith="n")]
    url = reverse("catalogue:service_needs", args=["web"])
    client.post(url, {"name": "nodes", "of": ids, "needed": "1", "effect": "down", "form": "group"})
    assert RedundancyGroup.objects.get().dependencies.count() == 2
    wrong = client.post(url, {"name": "more", "needed": "5", "effect": "down", "form": "group"})
    assert "of" in wrong.context["group_form"].errors


def test_a_group_does_not_lose_what_it_needs() -> None:
    web, one, two = service("web"), service("n1"), service("n2")
    add_group(actor=SYSTEM, service=web, name="nodes", needed=2, of=[one, two], now=NOW)
    with pytest.raises(InputError):
        remove_dependency(actor=SYSTEM, dependency=web.dependencies.get(needs=one), now=NOW)


def test_the_graph_in_memory_follows_every_change() -> None:
    a, b = service("a"), service("b")
    assert not dependency_graph().needs
    dependency = add_dependency(actor=SYSTEM, service=a, needs=b, now=NOW)
    assert dependency_graph().affected_by(b.pk) == {a.pk}
    assert dependency_graph().needs_all(a.pk) == {b.pk}
    remove_dependency(actor=SYSTEM, dependency=dependency, now=NOW)
    assert not dependency_graph().needs


def test_a_map_that_was_taken_back_is_not_remembered() -> None:
    a, b, c = service("a"), service("b"), service("c")
    with pytest.raises(RuntimeError), transaction.atomic():
        add_dependency(actor=SYSTEM, service=a, needs=b, now=NOW)
        assert dependency_graph().needs_all(a.pk) == {b.pk}
        raise RuntimeError
    add_dependency(actor=SYSTEM, service=a, needs=c, now=NOW)
    assert dependency_graph().needs_all(a.pk) == {c.pk}


def test_the_graph_is_read_once_for_many_questions(django_assert_num_queries: Any) -> None:
    a, b = service("a"), service("b")
    add_dependency(actor=SYSTEM, service=a, needs=b, now=NOW)
    dependency_graph()
    with django_assert_num_queries(1):
        dependency_graph()


def test_dependencies_are_set_as_a_whole() -> None:
    for key in "abcd":
        service(key)
    ties = Ties({"b": "degraded"}, [GroupTies("pair", 1, ["c", "d"])])
    set_dependencies(actor=SYSTEM, wanted={"a": ties}, now=NOW)
    set_dependencies(actor=SYSTEM, wanted={"a": ties}, now=NOW)
    assert Entry.objects.filter(verb="catalogue.set_dependencies").count() == 1
    with pytest.raises(InputError) as caught:
        set_dependencies(actor=SYSTEM, wanted={"d": Ties({"a": "down"})}, now=NOW)
    assert "→" in str(caught.value)


def test_a_needed_service_is_not_retired(client: Client, alice: User) -> None:
    a, b = service("a"), service("b")
    add_dependency(actor=SYSTEM, service=a, needs=b, now=NOW)
    page = client.post(reverse("catalogue:service_retire", args=["b"]), {"on": "2026-12-31"})
    assert page.status_code == 409 and Service.objects.get(key="b").retired_on is None
    client.post(reverse("catalogue:service_retire", args=["a"]), {"on": "2026-12-31"})
    assert Service.objects.get(key="a").retired_on is not None


def test_customers_and_items_are_made_and_shown(client: Client, alice: User) -> None:
    client.post(reverse("catalogue:customer_new"), {"key": "arts", "name": "Arts"})
    client.post(reverse("catalogue:customer_change", args=["arts"]), {"name": "Faculty of Arts"})
    assert Customer.objects.get().name == "Faculty of Arts"
    client.post(reverse("catalogue:item_new"), {"key": "db01", "name": "db01", "kind": "host"})
    client.post(reverse("catalogue:item_change", args=["db01"]), {"name": "db one", "kind": "host"})
    assert "db one" in client.get(reverse("catalogue:item_list")).content.decode()
    assert client.get(reverse("catalogue:item_detail", args=["db01"])).status_code == 200
    client.post(reverse("catalogue:item_remove", args=["db01"]))
    assert not ConfigurationItem.objects.exists()


def test_bob_changes_the_services_of_his_team_and_no_others() -> None:
    mine = create_team(actor=SYSTEM, key="mine", name="Mine", now=NOW)
    bob = person("bob", "lead", mine)
    create_service(actor=bob, values={"key": "own", "name": "Own", "team": mine}, now=NOW)
    with pytest.raises(NotAllowed):
        create_service(actor=bob, values={"key": "other", "name": "Other"}, now=NOW)
    other = service("other")
    with pytest.raises(NotAllowed):
        add_dependency(actor=bob, service=other, needs=Service.objects.get(key="own"), now=NOW)


def test_charlie_sees_no_catalogue(client: Client) -> None:
    service("web")
    client.force_login(person("charlie", "user"))
    for name in ("service_list", "map", "customer_list", "item_list"):
        assert client.get(reverse(f"catalogue:{name}")).status_code == 403
    assert client.get("/api/services").status_code == 403


def test_the_map_draws_every_service_and_dependency(client: Client, alice: User) -> None:
    services = {key: service(key) for key in ("shop", "database", "n1", "n2", "alone")}
    add_dependency(actor=SYSTEM, service=services["shop"], needs=services["database"], now=NOW)
    add_group(
        actor=SYSTEM,
        service=services["shop"],
        name="nodes",
        needed=1,
        of=[services["n1"], services["n2"]],
        now=NOW,
    )
    text = client.get(reverse("catalogue:map")).content.decode()
    assert text.count('class="map-box unknown"') == 5 and text.count('class="map-line') == 3
    assert ">1/2</text>" in text
    near = client.get(reverse("catalogue:map"), {"service": "database"}).content.decode()
    assert near.count('class="map-box') == 2


def test_the_api_makes_shows_and_refuses(client: Client, alice: User) -> None:
    def put(path: str, body: dict[str, Any]) -> Any:
        return client.put(f"/api/{path}", json.dumps(body), content_type="application/json")

    assert put("customers/arts", {"key": "arts", "name": "Arts"}).status_code == 200
    assert put("services/db", {"key": "db", "name": "Database"}).status_code == 200
    made = put(
        "services/web", {"key": "web", "name": "Web", "customers": ["arts"], "needs": [{"service": "db"}]}
    )
    assert made.json()["needs"] == [{"service": "db", "effect": "down"}]
    assert client.get("/api/services/db/reach").json() == {"key": "db", "needs": [], "affects": ["web"]}
    circle = put("services/db", {"key": "db", "name": "Database", "needs": [{"service": "web"}]})
    assert circle.status_code == 422 and "→" in circle.json()["problems"][0]["message"]
    wrong = put("services/web", {"key": "web", "name": "Web", "customers": ["law"]})
    assert wrong.json()["problems"][0]["field"] == "customers"
    assert client.get("/api/services/none").status_code == 404
    assert [row["key"] for row in client.get("/api/services?after=db").json()] == ["web"]
    assert len(client.get("/api/map").json()["dependencies"]) == 1
