"""Who may change something needs a second factor: told before a form is filled in, and nothing written is lost."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from beheer.people.actions import create_user, grant_role
from beheer.people.models import Team, User
from beheer.permissions.rules import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def required(settings: Settings) -> None:
    settings.MFA = "required"


def signed_in(client: Client, name: str, role: str) -> Client:
    user, _ = create_user(actor=SYSTEM, username=name, email=f"{name}@example.org", now=timezone.now())
    grant_role(actor=SYSTEM, user=user, role=role, now=timezone.now())
    User.objects.filter(pk=user.pk).update(must_change_password=False, language="en")
    client.force_login(User.objects.get(pk=user.pk))
    return client


def test_the_page_with_a_form_says_so_before_it_is_filled_in(client: Client) -> None:
    page = signed_in(client, "alice", "administrator").get("/people/teams/new/")
    assert "Before you change anything you need a second factor" in page.text


def test_who_may_change_nothing_is_not_bothered(client: Client) -> None:
    page = signed_in(client, "charlie", "user").get("/portal/")
    assert "second factor" not in page.text


def test_what_was_written_is_shown_and_nothing_is_changed(client: Client) -> None:
    alice = signed_in(client, "alice", "administrator")
    sent = {"key": "night", "name": "The night shift", "password": "very secret words"}
    answer = alice.post("/people/teams/new/", sent)
    assert answer.status_code == 403
    assert "The night shift" in answer.text
    assert "very secret words" not in answer.text
    assert not Team.objects.exists()


def test_a_button_alone_leads_to_setting_it_up(client: Client) -> None:
    answer = signed_in(client, "alice", "administrator").post("/people/teams/new/", {})
    assert answer.status_code == 302
    assert "/account/2fa/" in answer["Location"]
