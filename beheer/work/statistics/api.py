"""Statistics of work in the API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema
from pydantic import Field

from beheer.people.sign_in import person
from beheer.permissions.rules import require_somewhere
from beheer.work.statistics import figures, tables
from beheer.work.statistics.behind import behind
from beheer.work.statistics.counting import not_counted
from beheer.work.statistics.selection import GROUPS, Selection, read_selection

router = Router(tags=["work"])
MOST = 500


class Asked(Schema):
    """Which items, which period. Days are of the institution's zone; `to` is the last day that counts."""

    since: str = Field("", alias="from", examples=["2026-01-01"])
    to: str = ""
    kind: str = ""
    team: str = ""
    service: str = ""
    customer: str = ""
    priority: str = ""
    line: str = ""
    group: str = Field("", description=f"One of {', '.join(GROUPS)}. Never by person.")

    def selection(self, request: HttpRequest) -> Selection:
        """The selection; what is not known here (such as a person) is seen and refused too."""
        return read_selection(request.GET.dict(), timezone.localdate(), person(request))


@router.get("/work-statistics", summary="Figures on work")
def get_statistics(request: HttpRequest, asked: Query[Asked]) -> dict[str, Any]:
    """Volumes over time, times, hand-overs and shares within target, in all and by group. Times are in seconds."""
    require_somewhere(person(request), "work.see")
    one = asked.selection(request)
    groups = tables.named(one.group, figures.by_group(one)) if one.group else []
    return {
        "from": one.since,
        "until": one.until,
        "total": tables.as_json(figures.totals(one)),
        "over_time": [
            {
                "from": step.since, "until": step.until, "opened": step.opened, "ended": step.ended,
                "open_at_end": step.backlog,
            }
            for step in figures.volumes(one)
        ],
        "ages_of_open": [
            {"from_days": low, "to_days": high, "items": count}
            for low, high, count in figures.ages(one, timezone.localdate())
        ],
        "by_state": [
            {"state": state, "seconds": seconds, "items": items, "visits": visits}
            for state, seconds, items, visits in (figures.time_by_state(one) if one.kind else ())
        ],
        "groups": [{"name": row.name, "key": row.address, **tables.as_json(row.sums)} for row in groups],
        "still_to_count": not_counted(),
    }  # fmt: skip


@router.get("/work-statistics/items", summary="The items behind a figure")
def get_items(
    request: HttpRequest, asked: Query[Asked], figure: str, before: int | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """Numbers and titles of the items that a figure counts, newest first; the next page with `before=<id>`."""
    require_somewhere(person(request), "work.see")
    rows = behind(asked.selection(request), figure, timezone.localdate())
    if before is not None:
        rows = rows.filter(pk__lt=before)
    names = ("pk", "number", "title", "kind", "state", "opened_at", "solved_at")
    found = rows.order_by("-pk").values_list(*names)[: max(1, min(limit, MOST))]
    return [dict(zip(("id", *names[1:]), row, strict=True)) for row in found]
