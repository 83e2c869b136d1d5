"""Norms over several services: when their burn-rate alerts fire, by windows counted by hand.

October has 31 days, so the windows are 31/30 of those for 30 days: the first pair is 62 min and 5 min 10 s.
"""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

import pytest
from django.test import Client
from django.utils import timezone

from beheer.catalogue.models import Service
from beheer.service_levels.actions.judging import judge_all
from beheer.service_levels.models import Agreement, Judgement, Norm
from beheer.service_levels.queries.explanations import outcome_now, subject_of
from beheer.service_levels.rules import Burn, BurnAlert, burn_of_all
from beheer.service_levels.tests.conftest import START, MakeNorm, MakePerson, MakeState

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DOWN = START + 10 * DAY
pytestmark = pytest.mark.django_db


@pytest.fixture
def both(web: Service, mail: Service, agreement: Agreement, state: MakeState) -> None:
    """Two services that are up; web goes down."""
    agreement.services.add(mail)
    state(web, "up", START)
    state(mail, "up", START)
    state(web, "down", DOWN)


def whole(norm: Norm) -> Judgement:
    return Judgement.objects.get(norm=norm, service=None)


@pytest.mark.parametrize(
    ("aggregate", "fires_at"),
    [
        ("worst", 8.928),
        ("mean", 17.856),
        ("weighted", 35.712),
    ],  # 0.144 x 62 min, over the share of web: 1, 1/2, 1/4
)
def test_an_alert_fires_when_what_all_lose_together_burns_too_fast(
    both: None, norm: MakeNorm, aggregate: str, fires_at: float
) -> None:
    agreed = norm(rules={"aggregate": aggregate})
    judge_all(DOWN + (fires_at - 0.1) * MINUTE)
    assert whole(agreed).verdict == "met"
    judge_all(DOWN + (fires_at + 0.1) * MINUTE)
    row = whole(agreed)
    assert row.verdict == "at_risk"
    assert row.burn == pytest.approx(14.4, rel=0.02)
    assert agreed.verdict_changes.filter(service=None).values_list("verdict", flat=True).get() == "at_risk"


@pytest.mark.parametrize("aggregate", ["worst", "mean", "weighted"])
def test_an_alert_ends_when_the_short_window_is_clean_again(
    both: None, web: Service, norm: MakeNorm, state: MakeState, aggregate: str
) -> None:
    agreed = norm(rules={"aggregate": aggregate})
    judge_all(DOWN + 39 * MINUTE)
    assert whole(agreed).verdict == "at_risk"
    state(web, "up", DOWN + 40 * MINUTE)
    judge_all(DOWN + 40 * MINUTE + 32 * MINUTE)  # the 6-hour pair has a short window of 31 minutes
    assert whole(agreed).verdict == "met"


def test_the_worst_figure_may_be_of_another_service_than_the_one_that_burns(
    both: None, mail: Service, norm: MakeNorm, state: MakeState
) -> None:
    state(mail, "down", START + DAY)
    state(mail, "up", START + DAY + HOUR)
    agreed = norm(rules={"aggregate": "worst"})
    judge_all(DOWN + 20 * MINUTE)
    row = whole(agreed)
    assert row.value == pytest.approx(1 - 60 / (10 * 1440 + 20))  # that of mail
    assert row.verdict == "at_risk"  # because of web
    assert row.burn == pytest.approx(20 / 62 / 0.01)


def test_a_mean_is_at_risk_when_over_half_is_lost_and_the_rate_ends_above_it(
    web: Service, mail: Service, agreement: Agreement, norm: MakeNorm, state: MakeState
) -> None:
    agreement.services.add(mail)
    agreed = norm(rules={"aggregate": "mean"})
    for service in (web, mail):
        state(service, "up", START)
    for day in range(
        5
    ):  # an hour and a half a day of both, of 7.44 h for each: more than half after three days
        for service in (web, mail):
            state(service, "down", START + day * DAY)
            state(service, "up", START + day * DAY + 1.5 * HOUR)
    judge_all(START + 2.9 * DAY)
    kept = whole(agreed)
    assert kept.allowed_s == pytest.approx(2 * 0.01 * 31 * 86400)
    assert kept.consumed_s == 2 * 3 * 5400
    assert kept.verdict == "at_risk"
    judge_all(START + 4.9 * DAY)
    assert whole(agreed).verdict == "breached"


def test_the_api_tells_the_rates_by_name(
    both: None, norm: MakeNorm, person: MakePerson, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreed = norm(rules={"aggregate": "mean"})
    client.force_login(person("bob", "lead"))
    monkeypatch.setattr(timezone, "now", lambda: DOWN + 20 * MINUTE)
    path = f"/api/agreements/sla/norms/{agreed.key}/explain"
    first = client.get(path).json()["rates"][0]
    assert (first["limit"], first["long_s"], first["fires"]) == (14.4, 3720.0, True)
    assert first["long_rate"] == pytest.approx(20 / 62 / 2 / 0.01)


def test_a_window_in_which_nothing_was_counted_does_not_dilute_the_rate() -> None:
    alert = BurnAlert(14.4, 100, 10)
    burning, closed = Burn(alert, 20.0, 30.0, 100, 10), Burn(alert, None, None, 0, 0)
    (found,) = burn_of_all([[burning], [closed]], [Fraction(1), Fraction(3)])
    assert (found.long_rate, found.short_rate, found.fires) == (20.0, 30.0, True)
    assert burn_of_all([[], []], [Fraction(1), Fraction(1)]) == ()


@pytest.mark.parametrize("aggregate", ["worst", "mean"])
def test_what_is_not_known_of_any_service_is_in_the_band(
    web: Service, mail: Service, agreement: Agreement, state: MakeState, norm: MakeNorm, aggregate: str
) -> None:
    """web is up all day; of mail nothing is known: it may have been down all day."""
    agreement.services.add(mail)
    state(web, "up", START)
    agreed = norm(period="day", rules={"aggregate": aggregate})
    judge_all(START + 12 * HOUR)
    row = whole(agreed)
    low = {"worst": 0.0, "mean": 0.5}[aggregate]
    assert (row.value, row.low, row.high) == (1.0, low, 1.0)
    found = outcome_now(subject_of(agreed, START + 12 * HOUR))
    assert (found.low, found.high) == (low, 1.0)
