"""The change calendar: planned work by day, what stands in its way, freezes, and deadlines where they are asked."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from beheer.people.models import Team, User
from beheer.permissions.rules import allowed_somewhere
from beheer.ui.forms import problems_on
from beheer.work.actions.lists import lift_freeze, set_freeze
from beheer.work.definitions import current_kinds
from beheer.work.forms import FreezeForm
from beheer.work.gate import staff
from beheer.work.models import Freeze, Item
from beheer.work.planning import in_the_way_of_each, planned
from beheer.work.queries import open_work
from beheer.work.sight import in_sight, unseen
from beheer.work.windows_shown import ShownWindow, WindowTimes, shown_of, times_between
from beheer.work.wording import kind_name

WEEKS = 5
WINDOWS_A_DAY = 4
WINDOWS_LISTED = 40
DEADLINES_A_DAY = 3
MOST_DEADLINES = 500
MINE = "mine"
Time = tuple[ShownWindow, str]
WindowTime = tuple[int, datetime, datetime]  # the id of a window, and when it begins and ends


@dataclass(frozen=True, slots=True)
class Day:
    """What a day of the calendar shows; `more`: so many windows are not shown, `more_due` so many deadlines."""

    day: date
    items: list[Item]
    freezes: list[Freeze]
    windows: list[Time]
    more: int
    due: list[Item]
    more_due: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Which work is asked for: of a kind, of a team (or of those of the reader: "mine"); with deadlines or not."""

    kind: str
    team: str
    due: bool

    def among(self, user: User) -> Q:
        """The items that are asked for."""
        found = Q(kind=self.kind) if self.kind else Q()
        if self.team == MINE:
            return found & Q(team__in=list(user.teams.values_list("pk", flat=True)))
        return found & Q(team=self.team) if self.team else found

    def address(self, **more: str) -> str:
        """The query of an address that asks the same, from another day."""
        asked = {"kind": self.kind, "team": self.team, "due": "1" if self.due else "", **more}
        return "?" + urlencode({name: value for name, value in asked.items() if value})


@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """Five weeks of planned work, from a Monday."""
    user = staff(request)
    today = timezone.localdate()
    first = _day(request.GET.get("from", "")) or today
    monday = first - timedelta(days=first.weekday())
    start, end = _midnight(monday), _midnight(monday + timedelta(weeks=WEEKS))
    asked = _asked(request)
    everything = list(planned(start, end))
    chosen = set(planned(start, end).filter(asked.among(user)).order_by().values_list("pk", flat=True))
    items = [item for item in everything if item.pk in chosen]
    found = in_the_way_of_each(items, everything)
    due, is_too_much = _deadlines(user, asked, start, end)
    freezes = list(Freeze.objects.filter(starts_at__lt=end, ends_at__gt=start).prefetch_related("services"))
    windows = times_between(start, end, {item.number for item in everything})
    by_day = _windows_by_day(windows, monday)
    shown = _shown(windows, by_day)
    context = {
        "weeks": _weeks(items, freezes, by_day, shown, due),
        "today": today,
        "rows": [(item, found.get(item.number, [])) for item in items],
        "conflicted": {number for number, rows in found.items() if rows},
        "earlier": asked.address(**{"from": (monday - timedelta(weeks=WEEKS)).isoformat()}),
        "now": request.path + asked.address().removesuffix("?"),
        "later": asked.address(**{"from": (monday + timedelta(weeks=WEEKS)).isoformat()}),
        "monday": monday.isoformat(),
        "asked": asked,
        "kinds": [
            (key, kind_name(kind)) for key, kind in current_kinds().items() if asked.due or kind.planned
        ],
        "teams": Team.objects.all(),
        "is_too_much": is_too_much,
        "due": [item for day in sorted(due) for item in due[day]],
        "due_list": _due_list(asked),
        "freezes": freezes,
        "unseen": unseen(user, items),
        "windows": [shown[one.window] for one in windows[:WINDOWS_LISTED] if one.window in shown],
        "more_windows": max(0, len(windows) - WINDOWS_LISTED),
        "may_freeze": allowed_somewhere(user, "work.freeze"),
    }
    return render(request, "work/calendar.html", context)


def _weeks(
    items: list[Item],
    freezes: list[Freeze],
    windows: dict[date, list[WindowTime]],
    shown: dict[int, ShownWindow],
    due: dict[date, list[Item]],
) -> list[list[Day]]:
    """The days in weeks, each with what falls on it."""
    days = [
        Day(
            day,
            _of_day(items, day),
            [one for one in freezes if _touches(one.starts_at, one.ends_at, day)],
            [
                (shown[window], _time_on(day, timezone.localtime(low), timezone.localtime(high)))
                for window, low, high in times[:WINDOWS_A_DAY]
                if window in shown
            ],
            max(0, len(times) - WINDOWS_A_DAY),
            due.get(day, [])[:DEADLINES_A_DAY],
            max(0, len(due.get(day, [])) - DEADLINES_A_DAY),
        )
        for day, times in windows.items()
    ]
    return [days[n : n + 7] for n in range(0, len(days), 7)]


def _asked(request: HttpRequest) -> Asked:
    kind, team = request.GET.get("kind", ""), request.GET.get("team", "")
    is_team = team == MINE or (team.isascii() and team.isdigit() and len(team) < 10)
    return Asked(
        kind if kind in current_kinds() else "", team if is_team else "", bool(request.GET.get("due"))
    )


def _due_list(wanted: Asked) -> str:
    """The list of the same work, what is due first on top."""
    view = {"view": "teams"} if wanted.team == MINE else {"team": wanted.team}
    asked = {**view, "kind": wanted.kind, "sort": "due_at"}
    query = urlencode({name: value for name, value in asked.items() if value})
    return f"{reverse('work:item_list')}?{query}"


def _deadlines(
    user: User, wanted: Asked, start: datetime, end: datetime
) -> tuple[dict[date, list[Item]], bool]:
    """Open work in sight by the local day on which it is due, and whether that is too much to show any."""
    if not wanted.due:
        return {}, False
    rows = open_work().filter(in_sight(user), wanted.among(user))
    rows = (
        rows.filter(due_at__gte=start, due_at__lt=end).prefetch_related("definition").order_by("due_at", "pk")
    )
    found = list(rows[: MOST_DEADLINES + 1])
    if len(found) > MOST_DEADLINES:
        return {}, True
    by_day: dict[date, list[Item]] = {}
    for item in found:
        assert item.due_at is not None
        by_day.setdefault(timezone.localtime(item.due_at).date(), []).append(item)
    return by_day, False


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001  # made aware here


def _touches(start: datetime | None, end: datetime | None, day: date) -> bool:
    return bool(start and end and start < _midnight(day + timedelta(days=1)) and end > _midnight(day))


def _windows_by_day(windows: list[WindowTimes], monday: date) -> dict[date, list[WindowTime]]:
    """The times of windows by each local day that they touch, in order of their begin."""
    times = sorted(
        ((one.window, low, high) for one in windows for low, high in one.times), key=lambda row: row[1]
    )
    days = [monday + timedelta(days=n) for n in range(7 * WEEKS)]
    bounds = [_midnight(day) for day in [*days, days[-1] + timedelta(days=1)]]
    found: dict[date, list[WindowTime]] = {day: [] for day in days}
    for time in times:
        begin, end = bisect_right(bounds, time[1]) - 1, bisect_left(bounds, time[2])
        for day in days[max(0, begin) : end]:
            found[day].append(time)
    return found


def _shown(windows: list[WindowTimes], by_day: dict[date, list[WindowTime]]) -> dict[int, ShownWindow]:
    """What is told of the windows that are shown on some day or listed, by id."""
    ids = {window for times in by_day.values() for window, _low, _high in times[:WINDOWS_A_DAY]}
    ids |= {one.window for one in windows[:WINDOWS_LISTED]}
    return shown_of([one for one in windows if one.window in ids])


def _time_on(day: date, low: datetime, high: datetime) -> str:
    """When a window begins on a day, or ends when it began earlier; empty where it takes the whole day."""
    if _midnight(day) < low:
        return f"{low:%H:%M}"
    return f"–{high:%H:%M}" if high < _midnight(day + timedelta(days=1)) else ""


def _of_day(items: list[Item], day: date) -> list[Item]:
    return [item for item in items if _touches(item.planned_start, item.planned_end, day)]


@require_http_methods(["GET", "POST"])
def freeze_new(request: HttpRequest) -> HttpResponse:
    """Say when nothing is changed."""
    user = staff(request)
    form = FreezeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with problems_on(form):
            set_freeze(actor=user, now=timezone.now(), **form.cleaned_data)
            return redirect("work:calendar")
    return render(request, "work/freeze.html", {"form": form})


@require_POST
def freeze_lift(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a freeze away."""
    user = staff(request)
    lift_freeze(actor=user, freeze=get_object_or_404(Freeze, pk=pk), now=timezone.now())
    messages.success(request, _("The freeze is gone."))
    return redirect("work:calendar")
