"""Removing what is simulated: row by row where something real holds it, so that nothing real goes along."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from django.db import router, transaction
from django.db.models import Model, ProtectedError, QuerySet
from django.db.models.deletion import Collector

from beheer.catalogue.dependencies import bump_map
from beheer.catalogue.models import ConfigurationItem, Customer, Service
from beheer.measurements.removal import remove_checks
from beheer.monitoring.models import Check, StateChange
from beheer.people.models import Team, User
from beheer.profile.models import GradingCase, Post
from beheer.service_levels.models import Agreement, Calendar, Correction, PlannedWindow, Report
from beheer.work.models import Decision, Item, RequestModel

# In the order in which rows hold each other. All of the first go at once; of the others, what something real hangs on
# is looked at one by one.
AT_ONCE: tuple[type[Model], ...] = (Report, Item, Correction, PlannedWindow, StateChange)
ONE_BY_ONE: tuple[type[Model], ...] = (
    Agreement, Calendar, Check, ConfigurationItem, RequestModel, Service, Customer, Post, User,
)  # fmt: skip


@dataclass
class Removal:
    """What went: rows by model, and measurements; and in words what stays, and why."""

    counts: dict[str, int] = field(default_factory=dict)
    stays: list[str] = field(default_factory=list)
    measurements: int = 0


def remove_all(teams: Sequence[str]) -> Removal:
    """Remove everything simulated, and these teams where nobody is left in them.

    Measurements go first, since they are found by their checks: what is interrupted can be done again.
    """
    done = Removal()
    checks = Check.objects.filter(is_simulated=True).values_list("pk", flat=True)
    done.measurements = remove_checks(list(checks))
    with transaction.atomic():
        GradingCase.objects.filter(post__is_simulated=True).delete()
        for model in AT_ONCE:
            _remove(done, model._default_manager.filter(is_simulated=True))
        for model in ONE_BY_ONE:
            _remove_each(done, model._default_manager.filter(is_simulated=True))
        _remove_teams(done, teams)
        RequestModel.objects.filter(is_simulated=True).update(is_current=False)
        bump_map()
    return done


def _remove(done: Removal, rows: QuerySet[Model]) -> None:
    done.counts[rows.model.__name__] = rows.delete()[0]


def _remove_each(done: Removal, rows: QuerySet[Model]) -> None:
    """Remove each row that nothing real hangs on; say of the others what does."""
    removed = 0
    for row in rows:
        if holders := _real_holders(row):
            what = f"{row._meta.verbose_name} {row}"
            done.stays.append(f"{what}, since what is not simulated needs it: {'; '.join(holders[:3])}.")
        else:
            removed += row.delete()[0]
    done.counts[rows.model.__name__] = removed


def _real_holders(row: Model) -> list[str]:
    """What is not simulated and would go along, or forbids that the row goes."""
    collector = Collector(using=router.db_for_write(type(row)), origin=row)
    try:
        collector.collect([row])
    except ProtectedError as error:
        return sorted({_named(one) for one in error.protected_objects})
    along: Iterator[Model] = (
        one for found in [*collector.data.values(), *collector.fast_deletes] for one in found
    )
    return sorted({_named(one) for one in along if one != row and _is_real(one)})


def _is_real(row: Model) -> bool:
    """Whether a row counts as somebody's own; what only belongs to a simulated row does not."""
    if isinstance(row, Decision):
        return not row.approval.item.is_simulated
    return getattr(row, "is_simulated", True) is False


def _named(row: Model) -> str:
    if isinstance(row, Decision):
        return f"a decision on {row.approval.item.number}"
    if row._meta.app_label == "profile":
        return "a grading of a post"  # of which only its participants may know more
    return f"{row._meta.verbose_name} {row}"


def _remove_teams(done: Removal, keys: Sequence[str]) -> None:
    teams = Team.objects.filter(key__in=keys)
    free = teams.filter(memberships=None, services=None)
    done.counts["Team"] = free.delete()[0]
    done.stays += [f"team {team}, since it has members or services." for team in teams.all()]
