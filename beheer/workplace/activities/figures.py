"""Figures of what was done of an activity in a period: counts of the rooms' rows, and work by its kinds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import ConfigurationItem, Service
from beheer.monitoring.models import Check, StateChange
from beheer.service_levels.models import Norm, PlannedWindow
from beheer.work.definitions import current_kinds
from beheer.work.models import Item


@dataclass(frozen=True, slots=True)
class Figure:
    """One number and what it counts."""

    number: int
    label: Promise | str


Count_ = Callable[[datetime, datetime], int]


def checks_running(since: datetime, until: datetime) -> int:
    """Checks that run now."""
    return Check.objects.filter(is_enabled=True, removed_at=None).count()


def services_in_use(since: datetime, until: datetime) -> int:
    """Services that are in use now."""
    return Service.objects.filter(retired_on=None).count()


def items_under_control(since: datetime, until: datetime) -> int:
    """Configuration items now."""
    return ConfigurationItem.objects.count()


def norms_in_force(since: datetime, until: datetime) -> int:
    """Norms that are judged now."""
    return Norm.objects.filter(retired_on=None).count()


def state_changes(since: datetime, until: datetime) -> int:
    """Changes of state of services, recorded in the period."""
    return StateChange.objects.filter(component=None, recorded_at__gte=since, recorded_at__lt=until).count()


def windows_begun(since: datetime, until: datetime) -> int:
    """Planned windows that began in the period; of a recurring one its first."""
    return PlannedWindow.objects.filter(starts_at__gte=since, starts_at__lt=until, state="approved").count()


_CHECKS = (_("checks run now"), checks_running)
_SERVICES = (_("services in use"), services_in_use)
_ITEMS = (_("configuration items under control"), items_under_control)
_NORMS = (_("norms judged"), norms_in_force)
_CHANGES = (_("state changes of services"), state_changes)
_WINDOWS = (_("planned windows begun"), windows_begun)

COUNTS: Final[dict[str, tuple[tuple[Promise, Count_], ...]]] = {
    "1.1": (_CHECKS, _NORMS),
    "1.2": (_CHECKS, _ITEMS),
    "1.4": (_CHANGES,),
    "1.5": (_CHANGES,),
    "1.6": (_WINDOWS,),
    "2.4": (_WINDOWS,),
    "3.2": (_WINDOWS,),
    "3.3": (_WINDOWS,),
    "4.2": (_SERVICES, _ITEMS),
    "4.4": (_ITEMS,),
    "5.5": (_CHANGES,),
    "8.1": (_NORMS,),
    "11.5": (_CHANGES,),
}


def kinds_by_activity() -> dict[str, list[str]]:
    """Activity → the kinds of work that carry it out, as the kinds themselves say."""
    found: dict[str, list[str]] = {}
    for key, kind in current_kinds().items():
        for activity in kind.activities:
            found.setdefault(activity, []).append(key)
    return found


def solved_by_kind(since: datetime, until: datetime) -> dict[str, int]:
    """Items of work solved in [since, until), by kind."""
    rows = Item.objects.filter(solved_at__gte=since, solved_at__lt=until).order_by()
    return dict(rows.values_list("kind").annotate(number=Count("pk")))


def figures_of(
    activities: list[str], since: datetime, until: datetime, language: str
) -> dict[str, list[Figure]]:
    """Activity → its figures over [since, until); each count is asked once."""
    kinds, carried, solved = current_kinds(), kinds_by_activity(), solved_by_kind(since, until)
    asked: dict[Count_, int] = {}
    found = {}
    for activity in activities:
        figures = []
        for label, count in COUNTS.get(activity, ()):
            if count not in asked:
                asked[count] = count(since, until)
            figures.append(Figure(asked[count], label))
        for key in carried.get(activity, ()):
            if solved.get(key):
                name = kinds[key].plural.text(language).lower()
                figures.append(Figure(solved[key], _("solved: %(kind)s") % {"kind": name}))
        found[activity] = figures
    return found
