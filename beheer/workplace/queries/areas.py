"""The twelve result areas of the function profile, each with its figures of now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beheer.audit.models import Entry
from beheer.catalogue.models import ConfigurationItem, Customer
from beheer.catalogue.queries import services
from beheer.monitoring.queries import checks
from beheer.people.models import RoleGrant, Team, User
from beheer.permissions.rules import Actor
from beheer.profile.library import profile_with
from beheer.profile.models import Post
from beheer.service_levels.models import PlannedWindow, Verdict
from beheer.service_levels.queries.standings import running
from beheer.work.definitions import current_kinds
from beheer.work.models import Item
from beheer.work.queries import open_work
from beheer.work.sight import in_sight
from beheer.workplace.queries.addresses import address
from beheer.workplace.queries.board import state_counts

PROFILE = "0403"
MOST_KINDS = 4
ICONS = {
    "monitoring": "pulse",
    "application_management": "tools",
    "maintenance": "calendar",
    "installation": "box",
    "authorisation_security": "lock",
    "support": "lifebuoy",
    "process_improvement": "improve",
    "coordination": "flag",
    "coaching": "people",
    "development": "service",
    "research": "search",
    "hrm": "medal",
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of now: how many of what, where to see them, and whether it is good."""

    count: int
    label: str | Promise
    url: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    """One result area on the front door; without figures Beheer has nothing to count in it yet."""

    id: int
    name: str
    icon: str
    url: str
    figures: list[Figure]


Counter = Callable[[dt.datetime, QuerySet[Item]], list[Figure]]
"""The figures of now; the items are the open work in sight of the reader."""


def areas(actor: Actor, now: dt.datetime, language: str) -> list[Area]:
    """All result areas in the order of the profile, with figures of what the actor may see."""
    work = open_work().filter(in_sight(actor))
    by_area = _open_by_area(work, language)
    return [
        Area(
            id=area.id,
            name=area.name.in_language(language),
            icon=ICONS.get(area.key, "flag"),
            url=address("workplace:area", area.id),
            figures=[*COUNTERS.get(area.key, _nothing)(now, work), *by_area.get(area.id, [])],
        )
        for area in profile_with(PROFILE).result_areas
    ]


def _nothing(now: dt.datetime, work: QuerySet[Item]) -> list[Figure]:
    return []


def _open_by_area(work: QuerySet[Item], language: str) -> dict[int, list[Figure]]:
    """Open work by the result areas of its kind: the kinds with most of it, or that there is none."""
    rows = work.order_by().values_list("kind").annotate(number=Count("pk"))
    counts: dict[str, int] = dict(rows)
    found: dict[int, list[Figure]] = {}
    for key, kind in current_kinds().items():
        name = (kind.plural.nl if language.startswith("nl") else kind.plural.en).lower()
        url = address("work:item_list", query=f"kind={key}")
        for area_id in kind.result_areas:
            shown = Figure(counts.get(key, 0), _("open: %(kind)s") % {"kind": name}, url)
            found.setdefault(area_id, []).append(shown)
    return {area_id: _most(figures) for area_id, figures in found.items()}


def _most(figures: list[Figure]) -> list[Figure]:
    """The greatest few figures that are not nothing; for nothing at all one that says so."""
    some = sorted((one for one in figures if one.count), key=lambda one: -one.count)[:MOST_KINDS]
    return some or [Figure(0, _("open work"), address("work:item_list"))]


def _monitoring(now: dt.datetime, work: QuerySet[Item]) -> list[Figure]:
    counts = state_counts()
    off = counts["down"] + counts["degraded"]
    board, levels = address("workplace:board"), address("service_levels:overview")
    breached, at_risk = norms_standing(now, Verdict.BREACHED), norms_standing(now, Verdict.AT_RISK)
    return [
        Figure(off, _("services down or degraded"), board, "bad" if off else "good"),
        Figure(breached, _("norms breached"), levels, "bad" if breached else "good"),
        Figure(at_risk, _("norms at risk"), levels, "warn" if at_risk else ""),
        Figure(checks().filter(is_enabled=True).count(), _("checks"), address("monitoring:check_list")),
    ]


def norms_standing(now: dt.datetime, verdict: Verdict) -> int:
    """How many norms have this verdict in a period that runs now."""
    return running(now).filter(verdict=verdict).count()


def _maintenance(now: dt.datetime, work: QuerySet[Item]) -> list[Figure]:
    week = now + dt.timedelta(days=7)
    rows = PlannedWindow.objects.filter(state="approved", ended_at=None, ends_at__gt=now, starts_at__lt=week)
    url = address("service_levels:window_list")
    return [Figure(rows.count(), _("windows planned in the coming week"), url)]


def _installation(now: dt.datetime, work: QuerySet[Item]) -> list[Figure]:
    return [
        Figure(ConfigurationItem.objects.count(), _("configuration items"), address("catalogue:item_list"))
    ]


def _authorisation(now: dt.datetime, work: QuerySet[Item]) -> list[Figure]:
    day = now - dt.timedelta(days=1)
    deeds = Entry.objects.filter(at__gte=day).count()
    grants = RoleGrant.objects.filter(user__is_active=True).count()
    return [
        Figure(grants, _("roles granted"), address("people:user_list")),
        Figure(deeds, _("changes recorded in a day"), address("audit:entry_list")),
    ]


def _coordination(now: dt.datetime, work: QuerySet[Item]) -> list[Figure]:
    nobody = work.filter(assignee=None).count()
    late = work.filter(due_at__lt=now).count()
    return [
        Figure(
            nobody,
            _("open work that nobody has"),
            address("work:item_list", query="view=nobody"),
        ),
        Figure(
            late,
            _("open work past its deadline"),
            address("work:item_list", query="view=overdue"),
            "bad" if late else "",
        ),
        Figure(Team.objects.count(), _("teams"), address("people:team_list")),
    ]


def _support(now: dt.datetime, work: QuerySet[Item]) -> list[Figure]:
    waiting = work.filter(phase="waiting").count()
    return [Figure(waiting, _("items that wait for somebody else"), address("work:item_list"))]


def _hrm(now: dt.datetime, work: QuerySet[Item]) -> list[Figure]:
    posts = Post.objects.filter(ended_on=None)
    graded = posts.exclude(level=None).count()
    return [
        Figure(posts.count(), _("posts"), address("profile:post_list")),
        Figure(graded, _("posts with a level"), address("profile:post_list")),
        Figure(User.objects.filter(is_active=True).count(), _("people"), address("people:user_list")),
    ]


def _development(now: dt.datetime, work: QuerySet[Item]) -> list[Figure]:
    return [
        Figure(services().count(), _("services"), address("catalogue:service_list")),
        Figure(Customer.objects.count(), _("customers"), address("catalogue:customer_list")),
    ]


COUNTERS: dict[str, Counter] = {
    "monitoring": _monitoring,
    "maintenance": _maintenance,
    "installation": _installation,
    "authorisation_security": _authorisation,
    "support": _support,
    "coordination": _coordination,
    "development": _development,
    "hrm": _hrm,
}
