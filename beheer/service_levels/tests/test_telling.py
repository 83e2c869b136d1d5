"""A norm that comes at risk or is breached is told once, in each language; nothing simulated is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from beheer.catalogue.models import Service
from beheer.notifications.models import Channel, Message, Subscription
from beheer.service_levels.actions.judging import judge_all
from beheer.service_levels.actions.telling import tell_verdicts
from beheer.service_levels.models import Agreement
from beheer.service_levels.tests.conftest import START, MakeNorm, MakeState

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture
def channel() -> Channel:
    found = Channel.objects.create(key="ops", name="Ops", kind="email", settings={"to": "ops@example.org"})
    Subscription.objects.create(channel=found)
    return found


def test_a_breached_norm_is_told_once(
    web: Service, norm: MakeNorm, state: MakeState, channel: Channel
) -> None:
    norm(name="Web is there")
    state(web, "up", START)
    state(web, "down", START + DAY)
    judge_all(START + 2 * DAY)
    tell_verdicts(START + 2 * DAY)
    tell_verdicts(START + 2 * DAY + HOUR)
    message = Message.objects.get()
    assert (message.event, message.severity) == ("norm.breached", "critical")
    assert message.title["en"] == "Norm breached: Web is there"
    assert message.title["nl"] != message.title["en"]
    assert message.path == "/service-levels/agreements/sla/norms/availability/"


def test_of_a_norm_over_several_services_only_the_whole_is_told(
    web: Service, mail: Service, agreement: Agreement, norm: MakeNorm, state: MakeState, channel: Channel
) -> None:
    agreement.services.add(mail)
    norm()
    for service in (web, mail):
        state(service, "up", START)
        state(service, "down", START + DAY)
    judge_all(START + 2 * DAY)
    tell_verdicts(START + 2 * DAY)
    assert Message.objects.count() == 1


def test_nothing_simulated_is_told(
    web: Service, agreement: Agreement, norm: MakeNorm, state: MakeState, channel: Channel
) -> None:
    Agreement.objects.update(is_simulated=True)
    norm()
    state(web, "down", START)
    judge_all(START + 2 * DAY)
    tell_verdicts(START + 2 * DAY)
    assert Message.objects.count() == 0
