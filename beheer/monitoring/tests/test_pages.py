"""The pages of monitoring show what is there to who may see it, and change it by the actions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from beheer.catalogue.models import Service
from beheer.monitoring.actions.batches import receive_batch
from beheer.monitoring.actions.checks import KEPT, create_check
from beheer.monitoring.actions.heartbeats import token_of
from beheer.monitoring.forms import settings_of
from beheer.monitoring.models import Agent, Check, CheckGroup
from beheer.monitoring.probes import KINDS
from beheer.monitoring.tests.conftest import NOON
from beheer.monitoring.tests.test_batches import batch, runs
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM


@pytest.fixture
def signed_in(client: Client, alice: User) -> Client:
    client.force_login(alice)
    return client


def page(client: Client, address: str, **more: object) -> str:
    answer = client.get(address, **more)  # type: ignore[arg-type]
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


ADDRESSES = [
    "/monitoring/checks/", "/monitoring/checks/new/", "/monitoring/checks/port/", "/monitoring/checks/port/change/",
    "/monitoring/checks/port/remove/", "/monitoring/state-changes/", "/monitoring/services/web/",
    "/monitoring/services/web/groups/new/", "/monitoring/agents/", "/monitoring/agents/new/",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_page_opens(signed_in: Client, agent: Agent, check: Check, address: str, language: str) -> None:
    receive_batch(actor=agent, batch=batch(runs(check, "uudd")), now=timezone.now())
    assert f'<html lang="{language}"' in page(signed_in, address, headers={"Accept-Language": language})


@pytest.mark.parametrize("address", ADDRESSES)
def test_charlie_sees_none_of_it(client: Client, charlie: User, check: Check, address: str) -> None:
    client.force_login(charlie)
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_has_a_form_made_from_its_settings(signed_in: Client, web: Service, kind: str) -> None:
    text = page(signed_in, f"/monitoring/checks/new/?kind={kind}&service=web")
    for name, _info in settings_of(KINDS[kind]):
        assert f'name="settings.{name}"' in text


def test_the_story_of_a_check_stands_on_one_page(signed_in: Client, agent: Agent, check: Check) -> None:
    now = timezone.now()
    late = [run.model_copy(update={"measured_at": now - timedelta(seconds=3)}) for run in runs(check, "d")]
    late += [
        run.model_copy(update={"measured_at": now, "metrics": {"total_s": 3.0}}) for run in runs(check, "d")
    ]
    receive_batch(actor=agent, batch=batch(late), now=now)
    text = page(signed_in, "/monitoring/checks/port/")
    assert "run d" in text
    assert "localhost" in text
    assert "matched == 0" in text
    assert "graph-total-s" in text


def filled(**more: str) -> dict[str, str]:
    return {
        "name": "SSH", "key": "ssh", "service": "", "interval_s": "30", "timeout_s": "5", "confirm_after": "2",
        "recover_after": "1", "settings.host": "127.0.0.1", "settings.port": "1", "settings.verify_tls": "on",
        "conditions.down": "matched == 0", **more,
    }  # fmt: skip


def test_a_check_is_tried_before_it_is_saved(signed_in: Client, web: Service) -> None:
    address = "/monitoring/checks/new/?kind=tcp"
    tried = signed_in.post(address, filled(service=str(web.pk), **{"try": "1"}))
    assert "refused" in tried.content.decode()
    assert not Check.objects.exists()
    saved = signed_in.post(address, filled(service=str(web.pk)))
    assert saved.headers["Location"] == "/monitoring/checks/ssh/"
    check = Check.objects.get()
    assert check.settings == {"host": "127.0.0.1", "port": 1}
    assert (check.conditions, check.interval_s, check.confirm_after) == ({}, 30, 2)
    changed = signed_in.post(
        "/monitoring/checks/ssh/change/",
        filled(service=str(web.pk), **{"conditions.degraded": "connect_s > 1\nconnect_s > 2"}),
    )
    assert changed.status_code == 302
    assert Check.objects.get().conditions == {"degraded": ["connect_s > 1", "connect_s > 2"]}


def test_what_is_wrong_stands_at_its_field(signed_in: Client, web: Service) -> None:
    answer = signed_in.post(
        "/monitoring/checks/new/?kind=tcp",
        filled(service=str(web.pk), **{"conditions.down": "conect_s > 1", "settings.port": "99999"}),
    )
    form = answer.context["form"]
    assert set(form.errors) == {"conditions.down", "settings.port"}
    assert "connect_s" in form.errors["conditions.down"][0]


def test_values_of_json_are_taken_by_the_form(signed_in: Client, web: Service) -> None:
    sent = filled(
        service=str(web.pk), **{"settings.url": "http://localhost/", "settings.json": "state: $.state"}
    )
    sent |= {"settings.follow_redirects": "5", "settings.method": "GET", "settings.http_version": "1.1"}
    sent |= {"settings.max_body_bytes": "1048576", "conditions.down": "json[\"state\"] != 'ok'"}
    answer = signed_in.post("/monitoring/checks/new/?kind=http", sent)
    assert answer.status_code == 302, answer.context["form"].errors
    assert Check.objects.get().settings["json"] == {"state": "$.state"}


def test_a_secret_is_not_on_the_page_and_stays(signed_in: Client, web: Service) -> None:
    settings = {"url": "http://localhost/", "user": "u", "password": "hunter2"}
    create_check(
        actor=SYSTEM,
        values={"key": "s", "name": "S", "kind": "http", "service": web, "settings": settings},
        now=NOON,
    )
    for address in ("/monitoring/checks/s/", "/monitoring/checks/s/change/"):
        assert "hunter2" not in page(signed_in, address)
    form = signed_in.get("/monitoring/checks/s/change/").context["form"]
    sent = {field.html_name: field.value() or "" for field in form}
    assert sent["settings.password"] == KEPT
    sent["conditions.down"] = "status >= 500"
    sent = {name: "on" if value is True else str(value) for name, value in sent.items() if value is not False}
    sent |= {name: "" for name in ("settings.headers", "settings.json", "settings.status_ok") if name in sent}
    assert signed_in.post("/monitoring/checks/s/change/", sent).status_code == 302
    assert Check.objects.get().settings["password"] == "hunter2"


def test_secret_headers_are_not_on_the_page_and_stay(signed_in: Client, web: Service) -> None:
    settings = {"url": "http://localhost/", "secret_headers": {"X-Key": "hunter2"}}
    create_check(
        actor=SYSTEM,
        values={"key": "s", "name": "S", "kind": "http", "service": web, "settings": settings},
        now=NOON,
    )
    assert "hunter2" not in page(signed_in, "/monitoring/checks/s/change/")
    form = signed_in.get("/monitoring/checks/s/change/").context["form"]
    field = form.fields["settings.secret_headers"]
    assert field.prepare_value(field.initial) == KEPT
    assert field.clean(KEPT) == KEPT
    assert field.clean("X-Key: new") == {"X-Key": "new"}


def test_a_check_is_stopped_and_removed(signed_in: Client, check: Check) -> None:
    signed_in.post("/monitoring/checks/port/switch/")
    assert not Check.objects.get().is_enabled
    signed_in.post("/monitoring/checks/port/remove/")
    assert Check.objects.get().removed_at is not None
    assert signed_in.get("/monitoring/checks/port/").status_code == 404


def test_the_address_of_a_heartbeat_stands_on_its_page(signed_in: Client, web: Service) -> None:
    values = {"key": "job", "name": "Job", "kind": "heartbeat", "service": web}
    job = create_check(actor=SYSTEM, values=values, now=timezone.now())
    old = token_of(job.heartbeat)
    assert f"/ping/{old}" in page(signed_in, "/monitoring/checks/job/")
    signed_in.post("/monitoring/checks/job/address/")
    assert old not in page(signed_in, "/monitoring/checks/job/")


def test_a_token_is_shown_once(signed_in: Client) -> None:
    answer = signed_in.post("/monitoring/agents/new/", {"key": "north", "name": "North"})
    assert "bha_" in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert "bha_" not in page(signed_in, "/monitoring/agents/")
    renewed = signed_in.post("/monitoring/agents/north/token/")
    assert renewed.context["token"] != answer.context["token"]
    signed_in.post("/monitoring/agents/north/switch/")
    assert not Agent.objects.get(key="north").is_enabled


def test_groups_are_made_and_taken_away(signed_in: Client, web: Service, check: Check) -> None:
    signed_in.post("/monitoring/services/web/groups/new/", {"name": "pair", "needed": "1"})
    group = CheckGroup.objects.get()
    signed_in.post(f"/monitoring/services/web/groups/{group.pk}/remove/")
    assert not CheckGroup.objects.exists()


def test_the_list_asks_as_many_questions_for_many_checks_as_for_few(
    signed_in: Client, web: Service, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(40):
        create_check(
            actor=SYSTEM,
            values={
                "key": f"c{number}", "name": f"C{number}", "kind": "tcp", "service": web,
                "settings": {"host": "localhost", "port": 1},
            },
            now=NOON,
        )  # fmt: skip
    with django_assert_max_num_queries(12):
        page(signed_in, "/monitoring/checks/")
