"""What needs the reader: their work, their teams' work that nobody has, decisions, norms and checks off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Q, QuerySet

from beheer.monitoring.models import Check
from beheer.monitoring.queries import checks
from beheer.people.models import User
from beheer.permissions.rules import allowed
from beheer.service_levels.models import Correction, PlannedWindow, Verdict
from beheer.service_levels.queries.standings import Line, norm_url, running
from beheer.work.approvers import waits_for
from beheer.work.models import Approval, Item
from beheer.work.queries import open_work
from beheer.work.sight import in_sight
from beheer.workplace.queries.addresses import address
from beheer.workplace.queries.board import item_url

MOST = 8
MOST_APPROVALS = 100


@dataclass(frozen=True, slots=True)
class WorkRow:
    """An item of work that waits for the reader."""

    item: Item
    url: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Needs:
    """What waits for one person; the counts are of all, the lists of the first few."""

    mine: list[WorkRow]
    mine_count: int
    free: list[WorkRow]
    free_count: int
    approvals: list[WorkRow]
    deviations: int
    deviations_url: str
    norms: list[Line]
    unknown: list[Check]
    unknown_count: int

    @property
    def nothing(self) -> bool:
        """Whether the reader has nothing to do."""
        waiting = (
            self.mine_count,
            self.free_count,
            self.approvals,
            self.deviations,
            self.unknown_count,
            self.norms,
        )
        return not any(waiting)


def needs_of(user: User, now: datetime) -> Needs:
    """What waits for this person now."""
    mine = open_work().filter(assignee=user)
    teams = list(user.memberships.values_list("team_id", flat=True))
    free = open_work().filter(in_sight(user), assignee=None, team__in=teams)
    unknown = list(unknown_checks().order_by("state__since_at", "pk")[: MOST + 1])
    return Needs(
        mine=_rows(mine, now),
        mine_count=mine.count(),
        free=_rows(free, now),
        free_count=free.count(),
        approvals=_approvals(user, now),
        deviations=_deviations(user),
        deviations_url=address("service_levels:correction_list", query="state=proposed"),
        norms=norms_off(now),
        unknown=unknown[:MOST],
        unknown_count=len(unknown) if len(unknown) <= MOST else unknown_checks().count(),
    )


def norms_off(now: datetime) -> list[Line]:
    """The norms that are breached or at risk in the period that runs, the most used up first."""
    off = running(now).filter(verdict__in=[Verdict.BREACHED, Verdict.AT_RISK]).defer("figures", "facts")
    lines = [
        Line(row.norm, row, norm_url(row.norm, row.service))
        for row in off.order_by("-verdict", "pk")[: 5 * MOST]
    ]
    return sorted(lines, key=lambda line: -(line.used or 0.0))[:MOST]


def unknown_checks() -> QuerySet[Check]:
    """Checks that should give results and do not."""
    return checks().filter(is_enabled=True, state__state="unknown", state__is_pending=False)


def _rows(items: QuerySet[Item], now: datetime) -> list[WorkRow]:
    """The first items to do: what is due first, then by priority."""
    first = items.select_related("service").order_by(
        F("due_at").asc(nulls_last=True), "priority", "opened_at", "pk"
    )
    return [
        WorkRow(item, item_url(item), item.due_at is not None and item.due_at < now) for item in first[:MOST]
    ]


def _approvals(user: User, now: datetime) -> list[WorkRow]:
    """Items that wait for the reader's yes or no, of the oldest that were asked."""
    asked = Approval.objects.filter(state="asked").select_related("item", "item__service", "item__definition")
    rows = [
        one.item for one in asked.order_by("asked_at", "pk")[:MOST_APPROVALS] if waits_for(one, user, now)
    ]
    return [WorkRow(item, item_url(item), False) for item in rows]


def _deviations(user: User) -> int:
    """How many proposed corrections and late windows the reader may decide on; never their own."""
    if not allowed(user, "service_levels.approve_correction"):
        return 0
    others = Q(state="proposed") & ~Q(author=user)
    return Correction.objects.filter(others).count() + PlannedWindow.objects.filter(others).count()
