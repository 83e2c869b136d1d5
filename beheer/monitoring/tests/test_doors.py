"""Agents, jobs and people come in by their own doors."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.measurements.queries import results
from beheer.monitoring.actions.agents import register_agent, switch_agent
from beheer.monitoring.actions.checks import change_check, create_check
from beheer.monitoring.actions.heartbeats import renew_address, token_of
from beheer.monitoring.models import Agent, Check, CheckState, Heartbeat
from beheer.monitoring.tasks import judge_heartbeats
from beheer.monitoring.tests.conftest import NOON
from beheer.monitoring.tests.test_batches import batch, runs
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM


@pytest.fixture
def token(db: None) -> str:
    return register_agent(actor=SYSTEM, key="local", name="Local", now=NOON, is_local=True)[1]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def send(client: Client, token: str, sent: Any, zipped: bool = True) -> Any:
    body = sent.model_dump_json().encode()
    return client.post(
        f"/api/agent/batches/{sent.batch_id}",
        gzip.compress(body) if zipped else body,
        content_type="application/json",
        headers={**bearer(token), **({"Content-Encoding": "gzip"} if zipped else {})},
    )


def test_an_agent_fetches_its_checks_once_for_each_version(client: Client, token: str, check: Check) -> None:
    first = client.get("/api/agent/checks", headers=bearer(token))
    assert first.status_code == 200
    orders = first.json()["checks"]
    assert [(one["check_id"], one["kind"], one["settings"]) for one in orders] == [
        (check.pk, "tcp", {"host": "localhost", "port": 80})
    ]
    etag = first.headers["ETag"]
    again = client.get("/api/agent/checks", headers={**bearer(token), "If-None-Match": etag})
    assert again.status_code == 304
    change_check(actor=SYSTEM, check=check, values={"interval_s": 30}, now=timezone.now())
    changed = client.get("/api/agent/checks", headers={**bearer(token), "If-None-Match": etag})
    assert changed.json()["checks"][0]["interval_s"] == 30


def test_a_wrong_token_opens_nothing(client: Client, token: str, check: Check) -> None:
    assert client.get("/api/agent/checks", headers=bearer("bha_wrong")).status_code == 401
    assert client.get("/api/agent/checks").status_code == 401
    assert send(client, "bha_wrong", batch(runs(check, "u"))).status_code == 401
    switch_agent(actor=SYSTEM, agent=Agent.objects.get(), is_enabled=False, now=NOON)
    assert client.get("/api/agent/checks", headers=bearer(token)).status_code == 403


def test_people_do_not_come_in_by_the_agents_door(client: Client, alice: User, check: Check) -> None:
    client.force_login(alice)
    assert client.get("/api/agent/checks").status_code == 401


@pytest.mark.parametrize("zipped", [True, False])
def test_a_batch_is_answered_when_it_is_stored(
    client: Client, token: str, check: Check, zipped: bool
) -> None:
    sent = batch(runs(check, "udd"))
    answer = send(client, token, sent, zipped)
    assert answer.json() == {
        "batch_id": str(sent.batch_id), "is_known": False, "stored": 3, "ignored": 0,
    }  # fmt: skip
    assert send(client, token, sent, zipped).json()["is_known"] is True


def test_what_is_no_batch_is_named_and_never_taken(client: Client, token: str, check: Check) -> None:
    sent = batch(runs(check, "u"))
    address = f"/api/agent/batches/{sent.batch_id}"
    headers = bearer(token)
    for body in (b"", b"{", b'{"batch_id": 3}', sent.model_dump_json().replace('"up"', '"fine"').encode()):
        answer = client.post(address, body, content_type="application/json", headers=headers)
        assert answer.status_code == 422
        assert answer.json()["problems"]
    broken = client.post(
        address, b"x", content_type="application/json", headers={**headers, "Content-Encoding": "gzip"}
    )
    assert broken.status_code == 422
    bomb = gzip.compress(b" " * 100_000_000)
    answer = client.post(
        address, bomb, content_type="application/json", headers={**headers, "Content-Encoding": "gzip"}
    )
    assert answer.status_code == 422
    assert "at most" in answer.json()["problems"][0]["message"]


def test_a_disk_that_is_full_asks_the_agent_to_come_again(
    client: Client, token: str, check: Check, store_folder: Path
) -> None:
    store_folder.write_text("in the way")
    answer = send(client, token, batch(runs(check, "u")))
    assert answer.status_code == 503
    assert "Make room" in answer.content.decode()


@pytest.fixture
def job(web: Service) -> Check:
    values = {
        "key": "backup", "name": "Backup", "kind": "heartbeat", "service": web, "interval_s": 60,
        "settings": {"period_s": 3600, "grace_s": 600, "max_run_s": 300},
    }  # fmt: skip
    return create_check(actor=SYSTEM, values=values, now=timezone.now())


def outcome(check: Check) -> str:
    return CheckState.objects.get(component=check).last_outcome


def test_a_job_calls_at_start_success_and_failure(client: Client, job: Check) -> None:
    address = f"/ping/{token_of(job.heartbeat)}"
    assert client.get(f"{address}/start").status_code == 200
    assert client.post(address, b"12 files\nall of them", content_type="text/plain").status_code == 200
    assert outcome(job) == "up"
    newest = results(job.pk, timezone.now() - timedelta(minutes=1), timezone.now(), 1)[0]
    assert newest.message.endswith("12 files")
    assert newest.detail == "all of them"
    assert client.head(f"{address}/fail").status_code == 200
    assert outcome(job) == "down"
    assert CheckState.objects.get(component=job).state == "down"


def test_a_wrong_address_says_nothing(client: Client, job: Check) -> None:
    right = token_of(job.heartbeat)
    for wrong in ("nonsense", right[:-1], right + "/maybe", right.upper()):
        answer = client.post(f"/ping/{wrong}")
        assert (answer.status_code, answer.content) == (404, b"not found\n")
    renew_address(actor=SYSTEM, check=job, now=NOON)
    assert client.get(f"/ping/{right}").status_code == 404
    assert client.get(f"/ping/{token_of(Heartbeat.objects.get())}").status_code == 200


def test_silence_of_a_job_is_noticed(client: Client, job: Check) -> None:
    client.get(f"/ping/{token_of(job.heartbeat)}")
    now = timezone.now()
    assert judge_heartbeats(now + timedelta(seconds=30)) == 0
    assert judge_heartbeats(now + timedelta(seconds=4000)) == 1
    assert outcome(job) == "up"
    assert judge_heartbeats(now + timedelta(seconds=4300)) == 1
    assert CheckState.objects.get(component=job).state == "down"


def test_people_make_change_and_remove_checks_by_the_api(client: Client, alice: User, web: Service) -> None:
    client.force_login(alice)
    body = {
        "key": "a",
        "name": "A",
        "kind": "tcp",
        "service": "web",
        "settings": {"host": "localhost", "port": 1},
    }
    made = client.post("/api/checks", body, content_type="application/json")
    assert made.status_code == 201, made.content
    assert client.get("/api/checks?service=web").json()[0]["key"] == "a"
    changed = client.patch("/api/checks/a", {"interval_s": 20}, content_type="application/json")
    assert changed.json()["version"] == 2
    wrong = client.patch("/api/checks/a", {"interval": 20}, content_type="application/json")
    assert wrong.status_code == 422
    tried = client.post(
        "/api/try-check",
        {"service": "web", "kind": "tcp", "settings": {"host": "127.0.0.1", "port": 1}, "timeout_s": 2},
        content_type="application/json",
    )
    assert tried.json()["outcome"] == "down"
    assert client.get("/api/checks/a/series").json() == {}
    assert client.get("/api/checks/a/results").json() == []
    assert client.get("/api/state-changes").json() == []
    made_known = client.post("/api/agents", {"key": "n", "name": "N"}, content_type="application/json")
    assert made_known.json()["token"].startswith("bha_")
    assert [one["key"] for one in client.get("/api/agents").json()] == ["n"]
    assert client.post("/api/agents/n/token").json()["token"] != made_known.json()["token"]
    assert client.delete("/api/checks/a").status_code == 204
    assert client.get("/api/checks/a").status_code == 404


def test_charlie_sees_no_checks(client: Client, charlie: User, check: Check) -> None:
    client.force_login(charlie)
    for address in ("/api/checks", "/api/checks/port", "/api/checks/port/series", "/api/state-changes"):
        assert client.get(address).status_code == 403


def test_health_and_own_figures_need_no_sign_in(client: Client, check: Check) -> None:
    assert client.get("/health").content == b"OK\n"
    text = client.get("/metrics").content.decode()
    assert 'beheer_checks{state="unknown"} 1' in text
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 404


def test_the_description_of_the_api_can_be_read(client: Client) -> None:
    assert "/api/checks" in json.loads(client.get("/api/openapi.json").content)["paths"]
