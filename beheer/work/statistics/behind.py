"""The items behind a figure: the same question, asked for the items themselves."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from beheer.lib.errors import InputError, Problem
from beheer.work.models import Item, ItemFigures
from beheer.work.statistics.figures import AGES, of_age
from beheer.work.statistics.selection import Selection

# Of the items that ended in the period.
OF_ENDED: dict[str, Q] = {
    "ended": Q(),
    "reopened": Q(reopened__gt=0),
    "handed_over": Q(hand_overs__gt=0),
    "ping_pong": Q(is_ping_pong=True),
    "waited_user": Q(waiting_user_s__gt=0),
    "response_met": Q(response_met=True),
    "response_missed": Q(response_met=False),
    "resolution_met": Q(resolution_met=True),
    "resolution_missed": Q(resolution_met=False),
}
OTHER = ("opened", "backlog", "open", *(f"age_{low}" for low, _high in AGES))


def behind(asked: Selection, figure: str, today: date) -> QuerySet[Item]:
    """The items that a figure counts.

    Raises: InputError for a figure that does not exist.
    """
    return Item.objects.filter(figures__in=_rows(asked, figure, today).order_by().values("pk"))


def _rows(asked: Selection, figure: str, today: date) -> QuerySet[ItemFigures]:
    if figure in OF_ENDED:
        return asked.ended().filter(OF_ENDED[figure])
    if figure == "opened":
        return asked.opened()
    if figure == "backlog":
        never, since = (rows.order_by().values("pk") for rows in asked.open_at(asked.until))
        return ItemFigures.objects.filter(Q(pk__in=never) | Q(pk__in=since))
    still = ItemFigures.objects.filter(asked.matching(), ended_on__isnull=True)
    if figure == "open":
        return still
    for low, high in AGES:
        if figure == f"age_{low}":
            return still.filter(of_age(low, high, today))
    remedy = _("Choose one of: %(names)s.") % {"names": ", ".join((*OF_ENDED, *OTHER))}
    raise InputError(Problem(_("There is no figure “%(name)s”.") % {"name": figure[:40]}, "figure", remedy))


def figure_titles() -> dict[str, str]:
    """What each figure is called."""
    titles = {
        "opened": _("Came in"),
        "ended": _("Went out"),
        "backlog": _("Open at the end"),
        "open": _("Open now"),
        "reopened": _("Reopened"),
        "handed_over": _("Handed over"),
        "ping_pong": _("Went back and forth"),
        "waited_user": _("Waited for the reporter"),
        "response_met": _("Answered in time"),
        "response_missed": _("Answered too late"),
        "resolution_met": _("Solved in time"),
        "resolution_missed": _("Solved too late"),
    }
    return titles | {f"age_{low}": age_title(low, high) for low, high in AGES}


def age_title(low: int, high: int | None) -> str:
    """An age in words."""
    if low == 0:
        return _("less than a day")
    if high is None:
        return _("more than a year")
    return _("%(low)s to %(high)s days") % {"low": low, "high": high}
