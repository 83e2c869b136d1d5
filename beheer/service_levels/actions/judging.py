"""Judging norms: keeping the cache of judgements true as facts come in and time passes, and noting changed verdicts.

A judgement is computed again only when it can have changed: new facts, an edge of a window or correction, time that
is being lost, a burning budget, a new period. All others stay as they are, so a pass costs what changed.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Min, Q, QuerySet

from beheer.catalogue.models import Service
from beheer.lib.durations import DAY
from beheer.lib.intervals import from_us, to_us
from beheer.service_levels.indicators import Outcome, Question
from beheer.service_levels.models import Judgement, Norm, Verdict, VerdictChange
from beheer.service_levels.queries.due import is_due, norms_due
from beheer.service_levels.queries.facts import occurrences_of, windows_touching
from beheer.service_levels.queries.kept import kept_in, outcome_in
from beheer.service_levels.queries.packed import refresh
from beheer.service_levels.queries.questions import (
    Definition,
    definition_of,
    services_about,
    services_of,
    weights_of,
)
from beheer.service_levels.rules import Aggregate

TOLD = (Verdict.AT_RISK, Verdict.BREACHED)
LARGE = 1_000  # services; a norm over more is judged once in LARGE_EVERY at most
LARGE_EVERY = timedelta(minutes=2)
LONGEST_PASS_S = 8.0  # what is not done by then is done in the next pass: others wait for the worker too
_AT_ONCE = 500


def judge_all(now: datetime) -> int:
    """Judge what can have changed since the last pass, as far as a pass may last. Gives how many were computed."""
    _mark_changed(refresh())
    _mark_edges(now)
    due = norms_due(now)
    done, until = 0, time.monotonic() + LONGEST_PASS_S
    for first in range(0, len(due), _AT_ONCE):
        norms = Norm.objects.select_related("agreement__calendar").in_bulk(due[first : first + _AT_ONCE])
        for norm_id in due[first : first + _AT_ONCE]:
            done += judge_norm(norms[norm_id], now)
            if time.monotonic() > until:
                return done
    return done


def judge_norm(norm: Norm, now: datetime) -> int:
    """Judge one norm's running period where needed, and close the periods that ended. Gives the number computed."""
    definition = definition_of(norm)
    now_us = to_us(now)
    done = _close(norm, definition, now)
    if not definition.valid[0] <= now_us < definition.valid[1]:
        return done
    period = definition.period_around(now_us)
    if _is_paced(norm, period, now):
        return done
    return done + _judge_period(norm, definition, period, now)


def _is_paced(norm: Norm, period: tuple[int, int], now: datetime) -> bool:
    """Whether this is a norm over very many services, of which there is always something due, judged just now."""
    recent = kept_in(norm, period[0]).filter(service=None, judged_until__gt=now - LARGE_EVERY)
    return recent.exists() and services_about(norm).count() > LARGE


def _close(norm: Norm, definition: Definition, now: datetime) -> int:
    """Judge periods that are over for the last time."""
    if definition.period.unit is None:
        return 0
    ended = Judgement.objects.filter(norm=norm, ends_at__lte=now)
    due = ended.filter(Q(judged_until__lt=F("ends_at")) | Q(is_stale=True))
    periods = due.values_list("starts_at", "ends_at").distinct()
    return sum(
        _judge_period(norm, definition, (to_us(start), to_us(end)), now) for start, end in list(periods)
    )


def _judge_period(norm: Norm, definition: Definition, period: tuple[int, int], now: datetime) -> int:
    services = services_of(norm)
    rows = {row.service_id: row for row in _kept(norm, definition, period).defer("figures", "facts")}
    follows = definition.indicator.is_of_states
    end = None if definition.period.unit is None else from_us(period[1])
    due = [service.pk for service in services if is_due(rows.get(service.pk), now, end, follows)]
    wanted = {service.pk for service in services} | ({None} if len(services) > 1 else set())
    gone = [row.pk for key, row in rows.items() if key not in wanted]
    Judgement.objects.filter(pk__in=gone).delete()
    whole = rows.get(None)
    if not due and not gone and (whole is None or not whole.is_stale):
        return 0
    question = definition.question(due, period, to_us(now))
    outcomes = definition.indicator.judge(question) if due else []
    with transaction.atomic():
        fresh = dict(zip(due, outcomes, strict=True))
        _store(norm, question, rows, fresh, now, is_whole=len(services) == 1)
        if len(services) > 1:
            _judge_together(norm, definition, question, services, whole, now)
    return len(due)


def _kept(norm: Norm, definition: Definition, period: tuple[int, int]) -> QuerySet[Judgement]:
    """What is kept of this period; of a rolling period, whatever there is."""
    found = Judgement.objects.filter(norm=norm)
    return found if definition.period.unit is None else found.filter(starts_at=from_us(period[0]))


def _store(
    norm: Norm,
    question: Question,
    rows: dict[int | None, Judgement],
    fresh: dict[int, Outcome],
    now: datetime,
    *,
    is_whole: bool,
) -> None:
    """Keep new outcomes, and note each verdict that became another one."""
    added: list[Judgement] = []
    replaced = [rows[service_id].pk for service_id in fresh if service_id in rows]
    for service_id, outcome in fresh.items():
        row = rows.get(service_id)
        before = row.verdict if row is not None and row.starts_at == from_us(question.start) else ""
        made = Judgement(norm=norm, service_id=service_id, is_whole=is_whole)
        added.append(_filled(made, question, outcome))
        _note(norm, service_id, question, before, outcome, now)
    Judgement.objects.filter(pk__in=replaced).delete()
    Judgement.objects.bulk_create(added, batch_size=_AT_ONCE)


def _filled(row: Judgement, question: Question, outcome: Outcome) -> Judgement:
    row.starts_at, row.ends_at = from_us(question.start), from_us(max(question.end, question.start + 1))
    row.judged_until = from_us(question.until)
    row.verdict, row.value, row.low, row.high = (
        outcome.verdict.value,
        outcome.value,
        outcome.low,
        outcome.high,
    )
    row.allowed_s, row.consumed_s, row.burn = outcome.allowed_s, outcome.consumed_s, outcome.burn
    row.figures, row.facts, row.is_stale = outcome.figures, outcome.facts, False
    row.is_losing = outcome.is_losing
    return row


def _judge_together(
    norm: Norm,
    definition: Definition,
    question: Question,
    services: Sequence[Service],
    row: Judgement | None,
    now: datetime,
) -> None:
    """The one judgement of a norm over several services, from those that are kept of the services."""
    kept = _kept(norm, definition, (question.start, question.end)).filter(service__isnull=False)
    if definition.rules.aggregate is Aggregate.WORST:
        found = _standing_worst(kept, higher_is_better=definition.indicator.better(norm.settings))
    else:
        found = list(kept)
    by_id = {service.pk: service for service in services}
    found = [one for one in found if one.service_id in by_id]
    members = [by_id[one.service_id] for one in found if one.service_id is not None]
    period = (question.start, question.end)
    weights = weights_of(norm.settings, members)
    whole = definition.question([service.pk for service in members], period, to_us(now), weights=weights)
    outcome = definition.indicator.together(whole, [outcome_in(one) for one in found])
    if definition.rules.aggregate is Aggregate.WORST and outcome.low is not None:
        edges = kept.aggregate(low=Min("low"), high=Min("high"))  # of all, not only of those that stand worst
        outcome = replace(outcome, **edges)
    before = row.verdict if row is not None and row.starts_at == from_us(question.start) else ""
    _filled(row or Judgement(norm=norm, service=None, is_whole=True), whole, outcome).save()
    _note(norm, None, whole, before, outcome, now)


def _standing_worst(kept: QuerySet[Judgement], *, higher_is_better: bool) -> list[Judgement]:
    """Of the services' judgements the one with the worst figure, and the one whose verdict is gravest."""
    order = F("value").asc() if higher_is_better else F("value").desc()
    known = kept.filter(value__isnull=False).order_by(order, "service")
    told = (known.filter(verdict=verdict)[:1] for verdict in (Verdict.BREACHED, Verdict.AT_RISK))
    gravest = next((row for rows in told for row in rows), None)
    worst = list(known[:1])
    return worst if gravest is None or gravest in worst else [*worst, gravest]


def _note(
    norm: Norm, service_id: int | None, question: Question, before: str, outcome: Outcome, now: datetime
) -> None:
    """Write down that a verdict became another one; a first verdict only where it must be told."""
    said = outcome.verdict.value
    if said == before or (not before and said not in TOLD):
        return
    VerdictChange.objects.create(
        norm=norm,
        service_id=service_id,
        starts_at=from_us(question.start),
        previous=before,
        verdict=said,
        recorded_at=now,
    )


def _mark_changed(since_us: Mapping[int, int]) -> None:
    """States of these services read differently since an instant: what was judged of that time is no longer true."""
    for service_id, since in since_us.items():
        found = Judgement.objects.filter(service_id=service_id)
        if since > 0:
            found = found.filter(ends_at__gt=from_us(since))
        found.update(is_stale=True)


def _mark_edges(now: datetime) -> None:
    """Windows that began or ended since the last pass make judgements of their services untrue."""
    passes = Judgement.objects.filter(judged_until__lt=now).order_by("-judged_until")
    last = passes.values_list("judged_until", flat=True).first()
    if last is None:
        return
    days = (
        to_us(last) // DAY * DAY,
        (to_us(now) // DAY + 1) * DAY,
    )  # whole days: their times are known already
    for window in windows_touching(to_us(last), to_us(now)):
        edges = [from_us(edge) for pair in occurrences_of(window, *days) for edge in pair]
        passed = [edge for edge in edges if last < edge <= now]
        if passed:
            found = Judgement.objects.filter(service__planned_windows=window, judged_until__lt=max(passed))
            Judgement.objects.filter(pk__in=list(found.values_list("pk", flat=True))).update(is_stale=True)
