"""Pages and API about people: accounts, roles, teams, tokens."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse

from beheer.people.actions import create_user, grant_role
from beheer.people.models import ApiToken, RoleGrant, Team, User
from beheer.permissions.rules import SYSTEM

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def person(name: str, role: str) -> User:
    user, _ = create_user(actor=SYSTEM, username=name, email=f"{name}@example.org", now=NOW)
    grant_role(actor=SYSTEM, user=user, role=role, now=NOW)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    return User.objects.get(pk=user.pk)


@pytest.fixture
def alice(client: Client) -> User:
    user = person("alice", "administrator")
    client.force_login(user)
    return user


def test_a_new_account_gets_a_password_that_is_shown_once_and_works_once(client: Client, alice: User) -> None:
    values = {"username": "dana", "display_name": "Dana", "email": "dana@example.org", "language": "nl"}
    page = client.post(reverse("people:user_new"), values)
    password = re.findall(r"<code>([^<]+)</code>", page.content.decode())[1]
    assert page["Cache-Control"] == "no-store"
    dana = User.objects.get(username="dana")
    assert dana.check_password(password) and dana.must_change_password
    assert password not in client.get(reverse("people:user_detail", args=["dana"])).content.decode()
    newcomer = Client()
    newcomer.force_login(dana)
    sent = newcomer.get(reverse("people:account"))
    assert sent.status_code == 302 and "password" in sent["Location"]


def test_the_language_somebody_chooses_goes_along_to_every_device(client: Client, alice: User) -> None:
    client.post(reverse("set_language"), {"language": "nl", "next": "/"})
    alice.refresh_from_db()
    assert alice.language == "nl"
    elsewhere = Client(headers={"accept-language": "en"})
    elsewhere.force_login(alice)
    assert 'lang="nl"' in elsewhere.get(reverse("people:account")).content.decode()


def test_the_language_of_the_account_page_shows_at_once(client: Client, alice: User) -> None:
    client.cookies["django_language"] = "nl"
    client.post(reverse("people:account"), {"display_name": "Alice", "language": "en"})
    assert 'lang="en"' in client.get(reverse("people:account")).content.decode()


def test_a_language_that_does_not_exist_changes_nothing(client: Client, alice: User) -> None:
    client.post(reverse("set_language"), {"language": "xx", "next": "/"})
    alice.refresh_from_db()
    assert alice.language == ""


def test_a_taken_user_name_is_told_at_its_field(client: Client, alice: User) -> None:
    page = client.post(reverse("people:user_new"), {"username": "alice", "email": "new@example.org"})
    assert "username" in page.context["form"].errors


def test_roles_are_given_for_a_team_and_taken_back(client: Client, alice: User) -> None:
    person("bob", "user")
    client.post(reverse("people:team_new"), {"key": "net", "name": "Net", "members": [], "leads": []})
    team = Team.objects.get()
    client.post(reverse("people:role_grant", args=["bob"]), {"role": "lead", "scope": f"team:{team.pk}"})
    grant = RoleGrant.objects.get(role="lead")
    assert grant.team == team
    client.post(reverse("people:role_withdraw", args=["bob", grant.pk]))
    assert not RoleGrant.objects.filter(role="lead").exists()


def test_the_last_administrator_stays(client: Client, alice: User) -> None:
    grant = RoleGrant.objects.get(role="administrator")
    assert client.post(reverse("people:role_withdraw", args=["alice", grant.pk])).status_code == 422
    values = {"display_name": "A", "email": "alice@example.org", "language": "", "is_active": ""}
    page = client.post(reverse("people:user_change", args=["alice"]), values)
    assert "administrator" in page.content.decode() and User.objects.get(username="alice").is_active


def test_a_team_gets_members_and_a_leader(client: Client, alice: User) -> None:
    bob = person("bob", "member")
    values = {"key": "net", "name": "Net", "members": [str(bob.pk)], "leads": [str(alice.pk)]}
    client.post(reverse("people:team_new"), values)
    assert Team.objects.get().memberships.filter(is_lead=True).get().user == alice
    client.post(
        reverse("people:team_change", args=["net"]),
        {"name": "Network", "members": [], "leads": [str(bob.pk)]},
    )
    assert [row.user.username for row in Team.objects.get(name="Network").memberships.all()] == ["bob"]


def test_a_token_reads_until_it_is_ended_and_changes_only_when_it_may(client: Client, alice: User) -> None:
    page = client.post(reverse("people:token_new"), {"name": "script", "days": "30"})
    found = re.search(r"bhr_[\w-]+", page.content.decode())
    assert found is not None
    bearer = {"Authorization": f"Bearer {found[0]}"}
    program = Client(headers=bearer)
    assert program.get("/api/me").json()["username"] == "alice"
    refused = program.put(
        "/api/teams/x", json.dumps({"key": "x", "name": "X"}), content_type="application/json"
    )
    assert refused.status_code == 403 and not Team.objects.exists()
    client.post(reverse("people:token_end", args=[ApiToken.objects.get().pk]))
    assert program.get("/api/me").status_code == 401


def test_somebody_elses_token_cannot_be_ended(client: Client, alice: User) -> None:
    bob = Client()
    bob.force_login(person("bob", "administrator"))
    client.post(reverse("people:token_new"), {"name": "script", "days": "30"})
    token = ApiToken.objects.get()
    assert bob.post(reverse("people:token_end", args=[token.pk])).status_code == 404


def test_people_change_their_own_name_and_language_and_nothing_more(client: Client) -> None:
    charlie = person("charlie", "user")
    client.force_login(charlie)
    client.post(reverse("people:account"), {"display_name": "Charlie", "language": "nl", "is_active": ""})
    charlie.refresh_from_db()
    assert (charlie.display_name, charlie.language, charlie.is_active) == ("Charlie", "nl", True)
    assert client.get(reverse("people:user_list")).status_code == 403
    assert client.post(reverse("people:user_password", args=["charlie"])).status_code == 403


def test_the_api_makes_accounts_without_passwords_and_teams(client: Client, alice: User) -> None:
    body = {"key": "dana", "email": "dana@example.org"}
    made = client.put("/api/people/dana", json.dumps(body), content_type="application/json")
    assert made.status_code == 200 and not User.objects.get(username="dana").has_usable_password()
    team = {"key": "net", "name": "Net", "members": ["dana"]}
    assert client.put("/api/teams/net", json.dumps(team), content_type="application/json").status_code == 200
    assert client.get("/api/teams").json()[0]["members"] == ["dana"]
    wrong = client.put(
        "/api/teams/net", json.dumps({**team, "members": ["nobody"]}), content_type="application/json"
    )
    assert wrong.status_code == 422 and wrong.json()["problems"][0]["field"] == "members"
