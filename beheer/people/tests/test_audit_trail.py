"""The audit trail on pages and in the API, for administrators and auditors only."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from beheer.audit.actions import record
from beheer.audit.models import Entry
from beheer.people.actions import create_user, grant_role
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def signed_in(role: str) -> Client:
    user, _ = create_user(actor=SYSTEM, username=role, email=f"{role}@example.org", now=NOW)
    grant_role(actor=SYSTEM, user=user, role=role, now=NOW)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


def test_an_auditor_reads_filters_and_exports() -> None:
    auditor = signed_in("auditor")
    record(
        actor=SYSTEM,
        verb="catalogue.change_service",
        subject="service:web",
        changes={"name": ["a", "b"]},
        now=NOW,
    )
    page = auditor.get(reverse("audit:entry_list"), {"verb": "catalogue"}).content.decode()
    assert "service:web" in page and "name: a → b" in page and "people.create_user" not in page
    export = auditor.get(reverse("audit:entry_list"), {"export": "csv"})
    text = b"".join(export.streaming_content).decode() if export.streaming else export.content.decode()  # type: ignore[attr-defined]
    assert "service:web" in text
    assert (
        "service:web"
        in auditor.get(reverse("audit:entry_detail", args=[Entry.objects.latest("id").pk])).content.decode()
    )


def test_verifying_tells_of_a_changed_row() -> None:
    auditor = signed_in("auditor")
    fine = auditor.post(reverse("audit:verify"), follow=True).content.decode()
    assert "as they were written" in fine
    assert auditor.post("/api/audit/verify").json()["first_wrong_id"] is None
    wrong = Entry.objects.earliest("id")
    Entry.objects.filter(pk=wrong.pk).update(actor_name="somebody else")
    told = auditor.post(reverse("audit:verify"), follow=True).content.decode()
    assert f"Entry {wrong.pk} is wrong" in told
    assert auditor.post("/api/audit/verify").json()["first_wrong_id"] == wrong.pk


def test_the_api_gives_entries_a_part_at_a_time() -> None:
    administrator = signed_in("administrator")
    for number in range(5):
        record(actor=SYSTEM, verb="test.deed", subject=f"thing:{number}", now=NOW)
    first = administrator.get("/api/audit", {"verb": "test.deed", "limit": "2"}).json()
    assert [row["subject"] for row in first] == ["thing:4", "thing:3"]
    rest = administrator.get("/api/audit", {"verb": "test.deed", "before": str(first[-1]["id"])}).json()
    assert [row["subject"] for row in rest] == ["thing:2", "thing:1", "thing:0"]


@pytest.mark.parametrize("role", ["lead", "member", "service_owner", "user"])
def test_nobody_else_reads_the_audit_trail(role: str) -> None:
    client = signed_in(role)
    assert client.get(reverse("audit:entry_list")).status_code == 403
    assert client.post(reverse("audit:verify")).status_code == 403
    assert client.get("/api/audit").status_code == 403
