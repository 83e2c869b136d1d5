"""The figures of a selection: volumes over time, sums by group, times per state and line, ages of what is open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import (
    Avg,
    BigIntegerField,
    Case,
    Count,
    F,
    IntegerField,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber

from beheer.work.models import ItemFigures, StateTime
from beheer.work.statistics.selection import Selection, lone_teams

COLUMNS = {
    "kind": "kind", "team": "team_id", "service": "service_id", "customer": "customer_id", "priority": "priority",
    "line": "line",
}  # fmt: skip
ALONE = -1  # stands for the teams of one person, taken together
MOST_GROUPS = 200
# What is open, by its age in days: [from, to).
AGES: tuple[tuple[int, int | None], ...] = ((0, 1), (1, 7), (7, 30), (30, 90), (90, 365), (365, None))


@dataclass(frozen=True, slots=True)
class Step:
    """One day, week or month: how many came in and went out, and how many were open at its end."""

    since: date
    until: date
    opened: int
    ended: int
    backlog: int


@dataclass(slots=True)
class Sums:
    """The figures of one group, or of all (`value` None). Times in seconds of clock time, of the items that ended.

    `met` and `judged`: column of targets → how many clocks. Means and quantiles are None without items that ended.
    """

    value: Any = None
    opened: int = 0
    ended: int = 0
    backlog: int = 0
    mean_s: float | None = None
    median_s: float | None = None
    ninth_s: float | None = None
    waiting_s: float = 0.0
    waiting_user_s: float = 0.0
    waited_user: int = 0
    reopened: int = 0
    handed_over: int = 0
    hand_overs: int = 0
    ping_pong: int = 0
    by_line_s: dict[str, float] = field(default_factory=dict)
    met: dict[str, int] = field(default_factory=dict)
    judged: dict[str, int] = field(default_factory=dict)

    def share(self, column: str) -> float | None:
        """The share of clocks within target, in [0, 1]; None where none was judged."""
        judged = self.judged.get(column, 0)
        return self.met.get(column, 0) / judged if judged else None


def volumes(asked: Selection) -> list[Step]:
    """What came in and went out, by day, week or month, and what was open at the end of each."""
    opened = dict(asked.opened().order_by().values_list("opened_on").annotate(n=Count("pk")))
    ended = dict(asked.ended().order_by().values_list("ended_on").annotate(n=Count("pk")))
    backlog = backlog_at(asked, asked.since)
    steps = []
    for since, until in spans(asked.since, asked.until):
        days = [since + timedelta(days=n) for n in range((until - since).days)]
        into, out = sum(opened.get(day, 0) for day in days), sum(ended.get(day, 0) for day in days)
        backlog += into - out
        steps.append(Step(since, until, into, out, backlog))
    return steps


def backlog_at(asked: Selection, day: date) -> int:
    """How many items were open when a day began."""
    return sum(rows.count() for rows in asked.open_at(day))


def spans(since: date, until: date) -> Iterator[tuple[date, date]]:
    """The days, weeks or months that make up [since, until): about fifty at most, but for many years."""
    length = (until - since).days
    start = since
    while start < until:
        if length <= 45:
            end = start + timedelta(days=1)
        elif length <= 400:
            end = start + timedelta(days=7 - start.weekday())
        else:
            end = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield start, min(end, until)
        start = end


def totals(asked: Selection) -> Sums:
    """The figures of all items together."""
    found = _sums(asked, "")
    return found.get(None, Sums())


def by_group(asked: Selection) -> list[Sums]:
    """The figures of each group, the most that ended first; at most `MOST_GROUPS`."""
    rows = _sums(asked, asked.group).values()
    return sorted(rows, key=lambda one: (-one.ended, -one.opened, str(one.value)))[:MOST_GROUPS]


def _grouped(rows: QuerySet[ItemFigures], group: str) -> QuerySet[Any, Any]:
    """Rows with `grouping`: what they are grouped by; the teams of one person are one group."""
    if not group:
        return rows.annotate(grouping=Value(None, output_field=IntegerField()))
    if group == "team" and (alone := lone_teams()):
        both = Case(
            When(team_id__in=alone, then=Value(ALONE)), default=F("team_id"), output_field=BigIntegerField()
        )
        return rows.annotate(grouping=both)
    return rows.annotate(grouping=F(COLUMNS[group]))


def _sums(asked: Selection, group: str) -> dict[Any, Sums]:
    found: dict[Any, Sums] = {}

    def of(value: Any) -> Sums:
        return found.setdefault(value, Sums(value))

    for value, count in _counts(asked.opened(), group):
        of(value).opened = count
    for rows in asked.open_at(asked.until):
        for value, count in _counts(rows, group):
            of(value).backlog += count
    for row in _ended(asked.ended(), group):
        _fill(of(row["grouping"]), row)
    for value, position, at_half, solve_s in _quantiles(asked.ended(), group):
        one = of(value)
        if position == at_half:
            one.median_s = solve_s
        one.ninth_s = solve_s  # the later of the two, where they are not the same
    return found


def _counts(rows: QuerySet[ItemFigures], group: str) -> list[tuple[Any, int]]:
    if not group:
        return [(None, rows.order_by().count())]
    return list(_grouped(rows, group).order_by().values_list("grouping").annotate(n=Count("pk")))


def _ended(rows: QuerySet[ItemFigures], group: str) -> list[dict[str, Any]]:
    figures = {
        "ended": Count("pk"),
        "mean_s": Avg("solve_s"),
        "waiting": Sum("waiting_s"),
        "waiting_user": Sum("waiting_user_s"),
        "waited_user": Count("pk", filter=Q(waiting_user_s__gt=0)),
        "reopened_items": Count("pk", filter=Q(reopened__gt=0)),
        "handed_over": Count("pk", filter=Q(hand_overs__gt=0)),
        "hand_over_sum": Sum("hand_overs"),
        "ping_pong": Count("pk", filter=Q(is_ping_pong=True)),
        "first": Sum("first_s"),
        "second": Sum("second_s"),
        "supplier": Sum("supplier_s"),
        "response_met_n": Count("pk", filter=Q(response_met=True)),
        "response_judged_n": Count("response_met"),
        "resolution_met_n": Count("pk", filter=Q(resolution_met=True)),
        "resolution_judged_n": Count("resolution_met"),
    }
    if not group:
        return [{"grouping": None, **rows.order_by().aggregate(**figures)}]
    return list(_grouped(rows, group).order_by().values("grouping").annotate(**figures))


def _fill(one: Sums, row: dict[str, Any]) -> None:
    one.ended, one.mean_s = row["ended"], row["mean_s"]
    one.waiting_s, one.waiting_user_s = row["waiting"] or 0.0, row["waiting_user"] or 0.0
    one.waited_user, one.reopened = row["waited_user"], row["reopened_items"]
    one.handed_over, one.hand_overs = row["handed_over"], row["hand_over_sum"] or 0
    one.ping_pong = row["ping_pong"]
    one.by_line_s = {line: row[line] or 0.0 for line in ("first", "second", "supplier")}
    for column in ("response", "resolution"):
        one.met[column], one.judged[column] = row[f"{column}_met_n"], row[f"{column}_judged_n"]


def _quantiles(rows: QuerySet[ItemFigures], group: str) -> Iterable[tuple[Any, int, int, float]]:
    """Of each group the item in the middle (of an even number the lower), and the one at nine tenths."""
    solved = _grouped(rows.filter(solve_s__isnull=False).order_by(), group)
    by = [F("grouping")] if group else None
    ranked = solved.annotate(
        position=Window(RowNumber(), partition_by=by, order_by=F("solve_s").asc()),
        size=Window(Count("*"), partition_by=by),
    )
    ranked = ranked.annotate(at_half=(F("size") + 1) / 2, at_ninth=(F("size") * 9 + 9) / 10)
    wanted = ranked.filter(Q(position=F("at_half")) | Q(position=F("at_ninth")))
    found: Iterable[tuple[Any, int, int, float]]
    found = wanted.order_by("position").values_list("grouping", "position", "at_half", "solve_s")
    return found


def time_by_state(asked: Selection) -> list[tuple[str, float, int, int]]:
    """(state, seconds in all, items, visits) of the items that ended, longest first. Only within one kind."""
    ended = asked.ended().order_by().values("pk")
    rows = StateTime.objects.filter(figures__in=ended).order_by()
    sums = rows.values_list("state").annotate(seconds=Sum("seconds"), items=Count("pk"), visits=Sum("visits"))
    return sorted(sums, key=lambda row: -row[1])


def ages(asked: Selection, today: date) -> list[tuple[int, int | None, int]]:
    """(from, to, how many) of what is open now, by the days since it was opened."""
    rows = ItemFigures.objects.filter(asked.matching(), ended_on__isnull=True).order_by()
    counts = rows.aggregate(
        **{f"age_{low}": Count("pk", filter=of_age(low, high, today)) for low, high in AGES}
    )
    return [(low, high, counts[f"age_{low}"]) for low, high in AGES]


def of_age(low: int, high: int | None, today: date) -> Q:
    """Opened at least `low` and less than `high` days ago."""
    wanted = Q(opened_on__lte=today - timedelta(days=low)) if low else Q()
    return wanted if high is None else wanted & Q(opened_on__gt=today - timedelta(days=high))
