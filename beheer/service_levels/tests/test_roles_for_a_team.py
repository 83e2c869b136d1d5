"""Whoever leads one team agrees, seals and writes about the services of that team, and of no other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from beheer.catalogue.models import Service
from beheer.lib.errors import NotAllowed
from beheer.people.actions import create_user, grant_role
from beheer.people.models import Team, User
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions.agreements import NormDraft, save_norm
from beheer.service_levels.actions.findings import write_finding
from beheer.service_levels.actions.reports import seal_report
from beheer.service_levels.models import Agreement
from beheer.service_levels.tests.conftest import START, MakeState

LATER = START + timedelta(days=40)
pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(web: Service) -> User:
    """Leads the team of web."""
    web.team = Team.objects.create(key="web", name="Web")
    web.save()
    user, _ = create_user(actor=SYSTEM, username="alice", email="alice@example.org", now=START)
    User.objects.filter(pk=user.pk).update(must_change_password=False)
    grant_role(actor=SYSTEM, user=user, role="lead", team=web.team, now=START)
    return User.objects.get(pk=user.pk)


def agree(actor: User, agreement: Agreement) -> None:
    draft = NormDraft(key="own", name="Own", target=0.99)
    save_norm(actor=actor, agreement=agreement, draft=draft, now=LATER)


def test_a_lead_agrees_seals_and_writes_about_services_of_their_team(
    alice: User, agreement: Agreement, web: Service, state: MakeState
) -> None:
    state(web, "up", START)
    agree(alice, agreement)
    seal_report(actor=alice, agreement=agreement, starts_at=START, now=LATER)
    write_finding(
        actor=alice, agreement=agreement, starts_at=START, kind="finding", text="It was quiet.", now=LATER
    )
    assert agreement.reports.get().sealed_by_id == alice.pk


def test_of_an_agreement_with_services_of_others_a_lead_writes_findings_only(
    alice: User, agreement: Agreement, mail: Service
) -> None:
    agreement.services.add(mail)
    with pytest.raises(NotAllowed, match="change_agreement"):
        agree(alice, agreement)
    with pytest.raises(NotAllowed, match="seal_report"):
        seal_report(actor=alice, agreement=agreement, starts_at=START, now=LATER)
    write_finding(actor=alice, agreement=agreement, starts_at=START, kind="finding", text="Quiet.", now=LATER)


def test_of_an_agreement_about_others_a_lead_may_nothing(
    alice: User, agreement: Agreement, mail: Service
) -> None:
    agreement.services.set([mail])
    with pytest.raises(NotAllowed, match="write_findings"):
        write_finding(
            actor=alice, agreement=agreement, starts_at=START, kind="finding", text="Quiet.", now=LATER
        )
    agreement.services.set([])
    with pytest.raises(NotAllowed):
        agree(alice, agreement)


def test_the_form_keeps_what_was_written_when_a_service_is_of_another_team(
    alice: User, agreement: Agreement, web: Service, mail: Service, client: Client
) -> None:
    client.force_login(alice)
    given = {
        "name": "New words",
        "key": "sla",
        "customer": agreement.customer_id,
        "services": [web.pk, mail.pk],
        "calendar": agreement.calendar_id,
        "timezone": "UTC",
        "starts_on": "2026-01-01",
        "status": "active",
        "report_period": "month",
        "report_delay_days": "5",
        "report_language": "en",
    }
    page = client.post("/service-levels/agreements/sla/edit/", given, headers={"accept-language": "en"})
    assert page.status_code == 200
    assert "Your role does not reach all of these" in page.content.decode()
    assert "New words" in page.content.decode()
    assert (
        client.post("/service-levels/agreements/sla/edit/", {**given, "services": [web.pk]}).status_code
        == 302
    )
    agreement.refresh_from_db()
    assert agreement.name == "New words"
