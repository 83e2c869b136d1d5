"""What somebody asks of the statistics: which items, which period, grouped by what. Never by person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from beheer.catalogue.models import Customer, Service
from beheer.lib.errors import InputError, Problem
from beheer.people.models import Team
from beheer.permissions.rules import Actor
from beheer.work.models import ItemFigures
from beheer.work.models.items import Line
from beheer.work.sight import reach

GROUPS = ("kind", "team", "service", "customer", "priority", "line")
PERSONAL = ("person", "assignee", "user", "requester", "employee", "actor", "holder")
NONE = "-"  # in place of a key: items that have no team, service or customer
USUAL = timedelta(days=91)
LONGEST = timedelta(days=3700)
NAMED: dict[str, type[Team] | type[Service] | type[Customer]] = {
    "team": Team, "service": Service, "customer": Customer,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selection:
    """Items of a kind, team, … ("" : all), in the days from `since` up to but not including `until`; `group`: by what.

    Teams, services and customers are given by their key; "-" for items that have none.
    `reach` is what the reader may see, by team and service.
    """

    since: date
    until: date
    kind: str = ""
    team: str = ""
    service: str = ""
    customer: str = ""
    priority: int | None = None
    line: str = ""
    group: str = ""
    reach: Q = field(default_factory=Q)

    def matching(self) -> Q:
        """The figures of items that fit, whatever the period."""
        named = {
            "kind": self.kind,
            "team__key": self.team,
            "service__key": self.service,
            "customer__key": self.customer,
            "priority": self.priority,
            "line": self.line,
        }
        ids = {"team__key": Team, "service__key": Service, "customer__key": Customer}
        wanted = self.reach
        for name, value in named.items():
            if value in ("", None):
                continue
            if name in ids and value == NONE:
                wanted &= Q(**{f"{name.removesuffix('__key')}__isnull": True})
            elif name in ids:  # by id, so that no table is joined
                row = ids[name]._default_manager.get(key=value)
                wanted &= Q(**{name.removesuffix("__key"): row.pk})
            else:
                wanted &= Q(**{name: value})
        return wanted

    def opened(self) -> QuerySet[ItemFigures]:
        """Of items opened in the period."""
        days = Q(opened_on__gte=self.since, opened_on__lt=self.until)
        return ItemFigures.objects.filter(self.matching() & days)

    def ended(self) -> QuerySet[ItemFigures]:
        """Of items that were solved (or closed) in the period, and still are."""
        days = Q(ended_on__gte=self.since, ended_on__lt=self.until)
        return ItemFigures.objects.filter(self.matching() & days)

    def open_at(self, day: date) -> tuple[QuerySet[ItemFigures], QuerySet[ItemFigures]]:
        """Of items that were opened before a day, and not yet solved when it began: never solved, and solved since.

        Apart, since each has an index to go along; asked together all that ever was is looked through.
        """
        rows = ItemFigures.objects.filter(self.matching(), opened_on__lt=day)
        return rows.filter(ended_on__isnull=True), rows.filter(ended_on__gte=day)

    def parameters(self, **changes: Any) -> str:
        """The selection as the query of an address."""
        one = replace(self, **changes)
        values = {
            "from": one.since.isoformat(),
            "to": (one.until - timedelta(days=1)).isoformat(),
            "kind": one.kind,
            "team": one.team,
            "service": one.service,
            "customer": one.customer,
            "priority": "" if one.priority is None else str(one.priority),
            "line": one.line,
            "group": one.group,
        }
        return urlencode({name: value for name, value in values.items() if value})


def lone_teams() -> set[int]:
    """Teams of one person: a figure of such a team would be a figure of that person."""
    counted = Team.objects.annotate(n=Count("memberships", filter=Q(memberships__user__is_active=True)))
    return set(counted.filter(n=1).values_list("pk", flat=True))


def read_selection(asked: Mapping[str, str], today: date, actor: Actor) -> Selection:
    """The selection that somebody asks for, of what their roles reach. `to` is the last day that counts.

    Raises: InputError naming each parameter that is wrong; also where figures of a person are asked.
    """
    problems = list(_personal(asked))
    until = _day(asked.get("to", ""), "to", today, problems) + timedelta(days=1)
    since = _day(asked.get("from", ""), "from", until - USUAL, problems)
    if since >= until:
        problems.append(Problem(_("The period ends before it begins."), "to", _("Choose a later last day.")))
    if until - since > LONGEST:
        problems.append(Problem(_("The period is longer than ten years."), "from", _("Choose a later day.")))
    group = asked.get("group", "")
    if group and group not in (*GROUPS, *PERSONAL):
        remedy = _("Choose one of: %(names)s.") % {"names": ", ".join(GROUPS)}
        problems.append(Problem(_("There is no grouping by “%(name)s”.") % {"name": group}, "group", remedy))
    names = {name: _named(asked.get(name, ""), name, problems) for name in NAMED}
    priority = asked.get("priority", "")
    if priority and priority not in {"1", "2", "3", "4", "5"}:
        problems.append(Problem(_("A priority is 1 to 5."), "priority", _("Write a number from 1 to 5.")))
    line = asked.get("line", "")
    if line and line not in Line.values:
        remedy = _("Choose one of: %(names)s.") % {"names": ", ".join(Line.values)}
        problems.append(Problem(_("There is no line “%(name)s”.") % {"name": line}, "line", remedy))
    if problems:
        raise InputError(problems)
    return Selection(
        since=since,
        until=until,
        kind=asked.get("kind", "").replace("\x00", "")[:40],
        priority=int(priority) if priority else None,
        line=line,
        group=group,
        reach=reach(actor),
        **names,
    )


def _personal(asked: Mapping[str, str]) -> list[Problem]:
    """What is refused because it would be a score of somebody."""
    why = _(
        "Figures of one person are not given: how long work takes says more of the work than of who does it, and "
        "a score that nobody agreed to has no place here."
    )
    remedy = _("Group by team, kind or service. Results of people are talked over with themselves.")
    if asked.get("group", "") in PERSONAL:
        return [Problem(why, "group", remedy)]
    return [Problem(why, name, remedy) for name in PERSONAL if asked.get(name)]


def _day(text: str, field: str, usual: date, problems: list[Problem]) -> date:
    if not text:
        return usual
    try:
        found = parse_date(text)
    except ValueError:
        found = None
    if found is None or not 1970 <= found.year <= 2200:
        problems.append(
            Problem(_("“%(text)s” is no day.") % {"text": text[:40]}, field, _("Write it as 2026-03-01."))
        )
        return usual
    return found


def _named(key: str, name: str, problems: list[Problem]) -> str:
    if key in ("", NONE):
        return key
    row = NAMED[name]._default_manager.filter(key=key.replace("\x00", "")).first()
    if row is None:
        text = _("There is no %(what)s “%(key)s”.")
        words = {"what": NAMED[name]._meta.verbose_name, "key": key[:60]}
        problems.append(Problem(text % words, name, _("Give the key of one that exists.")))
        return ""
    if isinstance(row, Team) and row.pk in lone_teams():
        text = _("The team “%(team)s” has one member: its figures would be figures of that person.")
        remedy = _("Choose all teams, or a service or kind.")
        problems.append(Problem(text % {"team": row.name}, name, remedy))
        return ""
    return key


def local_midnight(day: date) -> datetime:
    """The instant at which a day begins in the institution's zone, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(settings.TIME_ZONE)).astimezone(UTC)
