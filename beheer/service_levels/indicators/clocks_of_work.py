"""Response and resolution of work: the share of clocks that met their target. From the events of work items."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import pydantic
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from beheer.lib.clocks import ClockReading, ClockState
from beheer.lib.intervals import from_us
from beheer.service_levels.indicators.contract import NO_DATA, Indicator, Outcome, Question, positive
from beheer.service_levels.indicators.measured import compared
from beheer.service_levels.rules import Verdict
from beheer.work.clocks import happening, service_time
from beheer.work.definitions import definition
from beheer.work.models import Item
from beheer.work.rules.clocks import clocks_of


class Settings(pydantic.BaseModel):
    """`clock` of items of these `kinds` (none: all kinds that have it), of these `priorities` (none: all)."""

    model_config = pydantic.ConfigDict(extra="forbid")
    clock: str = "resolution"
    kinds: list[str] = []
    priorities: list[int] = []


def judge(question: Question) -> list[Outcome]:
    """An outcome for each service, over the clocks that stopped in the period, or ran out in it and still run."""
    settings = Settings(**question.settings)
    counts = {service_id: [0, 0] for service_id in question.service_ids}
    missed: dict[int, list[str]] = {service_id: [] for service_id in question.service_ids}
    for item, is_met in _judged(question, settings):
        assert item.service_id is not None
        counts[item.service_id][0] += is_met
        counts[item.service_id][1] += 1
        if not is_met:
            missed[item.service_id].append(item.number)
    return [_outcome(question, counts[pk][0], counts[pk][1], missed[pk]) for pk in question.service_ids]


def _outcome(question: Question, met: int, total: int, missed: list[str]) -> Outcome:
    if not total:
        return NO_DATA
    share = met / total
    figures = {"met": met, "clocks": total, "missed": missed[:100]}
    return Outcome(compared(share, question.target, True), share, figures=figures)


def _judged(question: Question, settings: Settings) -> Iterator[tuple[Item, bool]]:
    """Items whose clock belongs to the period, and whether it met its target."""
    start, until = from_us(question.start), from_us(question.until)
    touched = Q(closed_at=None) | Q(closed_at__gte=start)
    items = Item.objects.filter(touched, service_id__in=list(question.service_ids), opened_at__lt=until)
    if settings.kinds:
        items = items.filter(kind__in=settings.kinds)
    if settings.priorities:
        items = items.filter(priority__in=settings.priorities)
    for item in items.select_related("definition").order_by("pk"):
        reading = _reading(item, settings.clock, until, question.as_of)
        if reading is not None and (is_met := met_in(reading, start, until)) is not None:
            yield item, is_met


def _reading(item: Item, key: str, until: datetime, as_of: datetime | None) -> ClockReading | None:
    """What the clock read at the end of the period, from the events that had happened, and were recorded, by then."""
    kind = definition(item)
    if key not in kind.clocks:
        return None
    events = item.events.filter(happened_at__lt=until).order_by("position")
    if as_of is not None:
        events = events.filter(recorded_at__lte=as_of)
    happenings = [happening(event) for event in events]
    if not happenings:
        return None
    clock = clocks_of(kind, happenings, service_time).get(key)
    return clock.at(until) if clock is not None else None


def met_in(reading: ClockReading, start: datetime, until: datetime) -> bool | None:
    """Whether a clock met its target in [start, until); None where it does not belong to that period."""
    if reading.target_us is None or reading.state is ClockState.CANCELLED:
        return None
    if reading.state is ClockState.STOPPED:
        inside = reading.stopped is not None and start <= reading.stopped < until
        return not reading.is_breached if inside else None
    ran_out = reading.is_breached and reading.due is not None and start <= reading.due < until
    return False if ran_out else None


def together(question: Question, outcomes: Sequence[Outcome]) -> Outcome:
    """All clocks of all services counted alike: a share of shares says nothing of the people who waited."""
    known = [outcome.figures for outcome in outcomes if outcome.figures]
    if not known:
        return Outcome(Verdict.NO_DATA, None)
    missed = [number for figures in known for number in figures["missed"]]
    return _outcome(question, sum(one["met"] for one in known), sum(one["clocks"] for one in known), missed)


INDICATOR = Indicator(
    key="work",
    title=_("Response and resolution of work"),
    summary=_("The share of clocks on work that met their target."),
    unit=lambda settings: "ratio",
    better=lambda settings: True,
    check_target=positive,
    settings=Settings,
    judge=judge,
    together=together,
)
