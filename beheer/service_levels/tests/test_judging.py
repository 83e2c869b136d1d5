"""Judging live: figures from rows, kept true as facts come in and time passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from beheer.catalogue.models import Service
from beheer.permissions.rules import SYSTEM
from beheer.service_levels.actions import judging
from beheer.service_levels.actions.corrections import approve_correction, propose_correction
from beheer.service_levels.actions.judging import judge_all, judge_norm
from beheer.service_levels.actions.windows import WindowDraft, plan_window
from beheer.service_levels.models import Agreement, Judgement, Norm, Verdict, VerdictChange
from beheer.service_levels.queries import explanations
from beheer.service_levels.queries.due import norms_due
from beheer.service_levels.queries.explanations import outages_of, outcome_now, subject_of, worst_of
from beheer.service_levels.queries.packed import refresh
from beheer.service_levels.tests.conftest import START, MakeNorm, MakePerson, MakeState

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
END = datetime(2026, 11, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def only() -> Judgement:
    return Judgement.objects.get()


def test_a_service_that_was_down_an_hour_of_ten_days_has_that_figure(
    web: Service, norm: MakeNorm, state: MakeState
) -> None:
    norm()
    state(web, "up", START)
    state(web, "down", START + 5 * DAY)
    state(web, "up", START + 5 * DAY + HOUR)
    judge_all(START + 10 * DAY)
    row = only()
    assert row.value == pytest.approx(239 / 240, abs=1e-12)
    assert (row.verdict, row.consumed_s, row.ends_at) == (Verdict.MET, 3600.0, END)
    assert row.allowed_s == pytest.approx(0.01 * 31 * 86400)


def test_a_service_that_was_never_measured_has_no_verdict(web: Service, norm: MakeNorm) -> None:
    norm()
    judge_all(START + DAY)
    assert (only().verdict, only().value, only().low, only().high) == (Verdict.NO_DATA, None, 0.0, 1.0)


def test_a_norm_is_breached_as_soon_as_more_is_lost_than_the_whole_period_allows(
    web: Service, norm: MakeNorm, state: MakeState
) -> None:
    norm()
    state(web, "up", START)
    state(web, "down", START + DAY)
    judge_all(START + DAY + 7 * HOUR)
    assert only().verdict == Verdict.AT_RISK
    judge_all(START + DAY + 7.5 * HOUR)
    assert only().verdict == Verdict.BREACHED
    assert list(VerdictChange.objects.order_by("pk").values_list("previous", "verdict")) == [
        ("", "at_risk"), ("at_risk", "breached"),
    ]  # fmt: skip


def test_what_is_kept_up_to_date_step_by_step_is_what_the_facts_give_at_once(
    web: Service, mail: Service, agreement: Agreement, norm: MakeNorm, state: MakeState, person: MakePerson
) -> None:
    agreement.services.add(mail)
    norm(key="worst")
    norm(key="mean", rules={"aggregate": "mean", "no_data": "as_down", "outage_start": "last_good"})
    norm(key="rolling", period="rolling 7d")
    norm(key="outages", indicator="reliability", target=2, settings={"figure": "outages"})
    state(web, "up", START)
    for hours, service, name in [(1, mail, "up"), (30, web, "down"), (31, web, "up"), (50, mail, "degraded")]:
        state(service, name, START + hours * HOUR)
        judge_all(START + (hours + 0.5) * HOUR)
    window = WindowDraft(
        services=[web], starts_at=START + 60 * HOUR, ends_at=START + 62 * HOUR, reason="Disks"
    )
    plan_window(actor=SYSTEM, draft=window, now=START + 55 * HOUR)
    state(web, "down", START + 61 * HOUR)
    judge_all(START + 61.5 * HOUR)
    correction = propose_correction(
        actor=person("alice", "lead"), service=web, starts_at=START + 30 * HOUR, ends_at=START + 31 * HOUR,
        makes="up", reason="The probe was away.", now=START + 63 * HOUR,
    )  # fmt: skip
    approve_correction(actor=person("bob", "lead"), correction=correction, now=START + 63 * HOUR)
    judge_all(START + 64 * HOUR)
    state(web, "up", START + 70 * HOUR, recorded=START + 70 * HOUR)
    judge_all(START + 71 * HOUR)
    kept = {_key(row): _values(row) for row in Judgement.objects.all()}
    assert len(kept) == 12
    Judgement.objects.all().delete()
    for key, values in kept.items():
        judge_all(values[0])
        again = {_key(row): _values(row) for row in Judgement.objects.all()}
        assert again[key] == values, key
        Judgement.objects.all().delete()


def _key(row: Judgement) -> tuple[str, str]:
    return row.norm.key, row.service.key if row.service else ""


def _values(row: Judgement) -> tuple[datetime, str, float | None, float | None, float | None, object]:
    return row.judged_until, row.verdict, row.value, row.consumed_s, row.burn, row.figures


def test_a_period_that_ended_is_judged_for_good_and_not_again(
    web: Service, norm: MakeNorm, state: MakeState
) -> None:
    norm()
    state(web, "up", START)
    judge_all(END - HOUR)
    assert judge_all(END + HOUR) == 2
    closed = Judgement.objects.get(ends_at=END)
    assert (closed.judged_until, closed.verdict) == (END, Verdict.MET)
    assert judge_all(END + 2 * HOUR) == 0


def test_a_state_that_was_recorded_late_opens_a_closed_judgement_again(
    web: Service, norm: MakeNorm, state: MakeState
) -> None:
    norm()
    state(web, "up", START)
    judge_all(END - HOUR)
    judge_all(END + HOUR)
    state(web, "down", END - DAY, recorded=END + 2 * HOUR)
    state(web, "up", END - HOUR, recorded=END + 2 * HOUR)
    judge_all(END + 3 * HOUR)
    assert Judgement.objects.get(ends_at=END).consumed_s == 23 * 3600


def test_services_in_which_nothing_changed_are_not_judged_again(
    web: Service, mail: Service, agreement: Agreement, norm: MakeNorm, state: MakeState
) -> None:
    agreement.services.add(mail)
    norm()
    state(web, "up", START)
    state(mail, "up", START)
    assert judge_all(START + DAY) == 2
    assert judge_all(START + DAY + HOUR) == 0
    state(web, "down", START + DAY + 2 * HOUR)
    assert judge_all(START + DAY + 3 * HOUR) == 1


def test_the_mean_of_services_counts_each_by_its_agreed_time_and_the_weighted_by_users(
    web: Service, mail: Service, agreement: Agreement, norm: MakeNorm, state: MakeState
) -> None:
    agreement.services.add(mail)
    for key in ("worst", "mean", "weighted"):
        norm(key=key, rules={"aggregate": key})
    state(web, "up", START)
    state(mail, "up", START)
    state(mail, "down", START + 8 * HOUR)
    judge_all(START + 10 * HOUR)
    figures = dict(Judgement.objects.filter(service=None).values_list("norm__key", "value"))
    assert figures == {"worst": 0.8, "mean": 0.9, "weighted": pytest.approx(0.85)}


def test_an_agreement_counts_from_its_first_day(
    web: Service, agreement: Agreement, norm: MakeNorm, state: MakeState
) -> None:
    agreement.starts_on = (START + 10 * DAY).date()
    agreement.save()
    norm()
    state(web, "down", START)
    state(web, "up", START + 10 * DAY)
    judge_all(START + 20 * DAY)
    assert (only().value, only().starts_at) == (1.0, START + 10 * DAY)


def test_a_window_that_begins_is_seen_though_no_state_changed(
    web: Service, norm: MakeNorm, state: MakeState
) -> None:
    norm(rules={"planned": "as_down"})
    state(web, "up", START)
    draft = WindowDraft(services=[web], starts_at=START + 2 * DAY, ends_at=START + 3 * DAY, reason="Move")
    plan_window(actor=SYSTEM, draft=draft, now=START)
    judge_all(START + DAY)
    assert only().consumed_s == 0
    judge_all(START + 2 * DAY + HOUR)
    assert only().consumed_s == 3600


def test_no_norm_is_passed_over_of_which_something_can_be_another_one_by_now(
    web: Service, mail: Service, agreement: Agreement, norm: MakeNorm, state: MakeState
) -> None:
    agreement.services.add(mail)
    norm(key="month")
    norm(key="day", period="day", target=0.9)
    norm(key="rolling", period="rolling 7d")
    norm(key="outages", indicator="reliability", target=2, settings={"figure": "outages"})
    changes = [(1, web, "up"), (1, mail, "up"), (30, web, "down"), (31, web, "up"), (50, mail, "degraded")]
    passed_over = 0
    for hours, service, name in changes:
        state(service, name, START + hours * HOUR)
        for minutes in (5, 6, 20, 400, 1500):
            now = START + hours * HOUR + timedelta(minutes=minutes)
            refresh()
            due = set(norms_due(now))
            for one in Norm.objects.all():
                if one.pk not in due:
                    assert judge_norm(one, now) == 0, (one.key, now)
                    passed_over += 1
            judge_all(now)
            assert not Judgement.objects.filter(is_stale=True).exists()
    assert passed_over > 5


def test_a_norm_that_rolls_on_is_not_judged_anew_in_every_pass(
    web: Service, norm: MakeNorm, state: MakeState
) -> None:
    norm(period="rolling 7d")
    state(web, "up", START)
    assert judge_all(START + DAY) == 1
    assert judge_all(START + DAY + timedelta(seconds=15)) == 0
    assert judge_all(START + DAY + 7 * HOUR) == 1


def test_a_norm_over_very_many_services_shows_what_is_kept_and_the_same(
    web: Service,
    mail: Service,
    agreement: Agreement,
    norm: MakeNorm,
    state: MakeState,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agreement.services.add(mail)
    ways = [norm(key=way, rules={"aggregate": way}) for way in ("worst", "mean", "weighted")]
    for service in (web, mail):
        state(service, "up", START)
    state(mail, "down", START + DAY)
    state(mail, "up", START + DAY + HOUR)
    now = START + 2 * DAY
    judge_all(now)
    for one in ways:
        exact = outcome_now(subject_of(one, now))
        monkeypatch.setattr(explanations, "MOST_SERVICES", 1)
        subject = subject_of(one, now)
        assert subject.is_large
        kept = outcome_now(subject)
        assert (kept.value, kept.verdict, kept.figures) == (exact.value, exact.verdict, exact.figures)
        assert worst_of(subject).service == mail
        assert [(service, outage.down) for service, outage in outages_of(subject)] == [(mail, 3_600_000_000)]
        monkeypatch.undo()


def test_a_norm_over_very_many_services_is_judged_every_two_minutes(
    web: Service,
    mail: Service,
    agreement: Agreement,
    norm: MakeNorm,
    state: MakeState,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(judging, "LARGE", 1)
    agreement.services.add(mail)
    norm(target=0.5)
    for service in (web, mail):
        state(service, "up", START)
    now = START + 10 * DAY
    assert judge_all(now) == 2
    state(mail, "down", now)
    assert judge_all(now + timedelta(minutes=1)) == 0
    assert judge_all(now + timedelta(minutes=2)) == 1
    whole = Judgement.objects.get(service=None)
    assert whole.consumed_s == pytest.approx(120)
    assert judge_all(END + HOUR) > 0
    assert Judgement.objects.get(service=None, ends_at=END).judged_until == END
