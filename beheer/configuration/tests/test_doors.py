"""Configuration as code on a page and in the API."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from beheer.catalogue.models import Customer
from beheer.people.actions import create_user, grant_role
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
TEXT = "customers:\n  - {key: arts, name: Faculty of Arts}\n"
pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client: Client) -> Client:
    user, _ = create_user(actor=SYSTEM, username="alice", email="alice@example.org", now=NOW)
    grant_role(actor=SYSTEM, user=user, role="administrator", now=NOW)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    client.force_login(User.objects.get(pk=user.pk))
    return client


def test_an_uploaded_file_is_planned_confirmed_and_applied(alice: Client) -> None:
    file = SimpleUploadedFile("beheer.yaml", TEXT.encode())
    plan = alice.post(reverse("configuration:upload"), {"file": file})
    assert "arts" in plan.content.decode() and not Customer.objects.exists()
    alice.post(reverse("configuration:apply"), {"text": plan.context["text"], "name": plan.context["name"]})
    assert Customer.objects.get().name == "Faculty of Arts"
    again = alice.post(reverse("configuration:upload"), {"text": TEXT})
    assert not again.context["plan"].changes
    export = alice.get(reverse("configuration:export")).content.decode()
    assert "key: arts" in export


def test_a_wrong_file_is_told_with_its_lines_and_changes_nothing(alice: Client) -> None:
    page = alice.post(reverse("configuration:upload"), {"text": "customers:\n  - {key: a, nam: A}\n"})
    assert "line 2" in page.content.decode() and "Did you mean" in page.content.decode()
    latin = SimpleUploadedFile("x.yaml", "naam: Café".encode("latin-1"))
    assert "UTF-8" in alice.post(reverse("configuration:upload"), {"file": latin}).content.decode()
    assert alice.post(reverse("configuration:upload"), {"text": ""}).context["form"].errors


def test_the_api_plans_applies_and_exports(alice: Client) -> None:
    body = json.dumps({"text": TEXT, "name": "beheer.yaml"})
    planned = alice.post("/api/configuration/plan", body, content_type="application/json").json()
    assert planned["created"] == 1 and not Customer.objects.exists()
    assert (
        alice.post("/api/configuration/apply", body, content_type="application/json").json()["created"] == 1
    )
    assert "key: arts" in alice.get("/api/configuration").content.decode()
    wrong = alice.post(
        "/api/configuration/apply", json.dumps({"text": "customers: 7"}), content_type="application/json"
    )
    assert wrong.status_code == 422 and wrong.json()["problems"][0]["field"] == "customers"
