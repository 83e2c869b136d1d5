"""Notifications on pages and in the API."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from beheer.notifications.actions import notify
from beheer.notifications.models import Channel, Delivery, DeliveryState, Subscription
from beheer.notifications.outbox import deliver_due
from beheer.people.actions import create_user, grant_role
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def signed_in(name: str, role: str) -> Client:
    user, _ = create_user(actor=SYSTEM, username=name, email=f"{name}@example.org", now=NOW)
    grant_role(actor=SYSTEM, user=user, role=role, now=NOW)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


MAIL = {
    "key": "ops",
    "name": "Ops",
    "kind": "email",
    "to": "ops@example.org",
    "gather_s": "20",
    "is_enabled": "on",
}


def test_a_channel_is_made_told_about_something_and_tested() -> None:
    alice = signed_in("alice", "administrator")
    assert alice.post(reverse("notifications:channel_new"), MAIL).status_code == 302
    alice.post(
        reverse("notifications:channel_subscribe", args=["ops"]),
        {"events": ["incident.opened"], "least_severity": "warning"},
    )
    assert Subscription.objects.get().events == ["incident.opened"]
    alice.post(reverse("notifications:channel_test", args=["ops"]))
    assert deliver_due(timezone.now()) == 1 and mail.outbox[0].to == ["ops@example.org"]
    assert "delivered" in alice.get(reverse("notifications:delivery_list")).content.decode()
    alice.post(reverse("notifications:channel_unsubscribe", args=["ops", Subscription.objects.get().pk]))
    assert not Subscription.objects.exists()
    alice.post(reverse("notifications:channel_remove", args=["ops"]))
    assert not Channel.objects.exists()


def test_the_secret_of_a_webhook_is_shown_once() -> None:
    alice = signed_in("alice", "administrator")
    values = {**MAIL, "key": "hook", "kind": "webhook", "to": "", "url": "https://example.org/hook?token=7"}
    page = alice.post(reverse("notifications:channel_new"), values)
    found = re.search(r"<code>([\w-]{20,})</code>", page.content.decode())
    assert found is not None and page["Cache-Control"] == "no-store"
    for name in ("channel_detail", "channel_change"):
        shown = alice.get(reverse(f"notifications:{name}", args=["hook"])).content.decode()
        assert found[1] not in shown and Channel.objects.get().secret not in shown
    assert "token=7" not in json.dumps(alice.get("/api/channels").json())


def test_a_failed_delivery_is_seen_and_tried_again() -> None:
    alice = signed_in("alice", "administrator")
    alice.post(reverse("notifications:channel_new"), MAIL)
    alice.post(reverse("notifications:channel_test", args=["ops"]))
    row = Delivery.objects.get()
    Delivery.objects.update(state=DeliveryState.FAILED, next_at=None, attempts=10)
    assert "did not arrive" in alice.get(reverse("notifications:delivery_list")).content.decode()
    alice.post(reverse("notifications:delivery_retry", args=[row.pk]))
    assert deliver_due(timezone.now()) == 1
    assert alice.post(reverse("notifications:delivery_retry", args=[row.pk])).status_code == 409


def test_bob_chooses_what_he_is_told_and_does_not_see_the_rest() -> None:
    bob = signed_in("bob", "user")
    bob.post(
        reverse("notifications:own"), {"is_enabled": "on", "quiet_from": "22:00", "quiet_until": "07:00"}
    )
    channel = Channel.objects.get()
    assert channel.user is not None and channel.user.username == "bob" and channel.quiet_from is not None
    told = notify(
        event="norm.breached", subject="norm:1", title="T", body="", severity="warning", key="n", now=NOW
    )
    assert told == 1
    assert bob.get(reverse("notifications:channel_detail", args=[channel.key])).status_code == 200
    assert bob.get(reverse("notifications:delivery_list")).status_code == 403
    half = bob.post(reverse("notifications:own"), {"is_enabled": "on", "quiet_from": "22:00"})
    assert half.status_code == 200 and half.context["form"].errors


def test_the_api_makes_a_channel_and_lists_deliveries() -> None:
    alice = signed_in("alice", "administrator")
    body = {
        "key": "hook",
        "name": "Hook",
        "kind": "webhook",
        "settings": {"url": "https://example.org/"},
        "subscriptions": [{"events": ["incident.opened"]}],
    }
    made = alice.post("/api/channels", json.dumps(body), content_type="application/json").json()
    assert made["secret"] and made["subscriptions"][0]["events"] == ["incident.opened"]
    notify(event="incident.opened", subject="i:1", title="T", body="", severity="critical", key="k", now=NOW)
    rows = alice.get("/api/deliveries").json()
    assert [(row["state"], row["channel"]) for row in rows] == [("waiting", "hook")]
    wrong = {**body, "key": "x", "subscriptions": [{"events": ["party"]}]}
    refused = alice.post("/api/channels", json.dumps(wrong), content_type="application/json")
    assert refused.status_code == 422 and "party" in refused.json()["problems"][0]["message"]
