"""The figures as tables with words: for the page, for files and for programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from beheer.catalogue.models import Customer, Service
from beheer.people.models import Team
from beheer.ui.formats import day_text, duration_text, percent_text, plain_value
from beheer.work.definitions import current_kinds
from beheer.work.models.items import Line
from beheer.work.statistics.figures import ALONE, Step, Sums
from beheer.work.statistics.selection import NONE
from beheer.work.wording import kind_name, language

MODELS: dict[str, type[Team] | type[Service] | type[Customer]] = {
    "team": Team, "service": Service, "customer": Customer,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of a group: its key (also in `behind`, "" where no list stands behind it), title, value and text."""

    key: str
    title: str
    value: Any
    text: str
    figure: str = ""


@dataclass(frozen=True, slots=True)
class Named:
    """A group with its name and the value that stands for it in an address; None: no list of its own."""

    name: str
    address: str | None
    sums: Sums


def group_names() -> dict[str, str]:
    """By what figures can be grouped, in words."""
    return {
        "kind": _("kind"),
        "team": _("team"),
        "service": _("service"),
        "customer": _("customer"),
        "priority": _("priority"),
        "line": _("line"),
    }


def named(group: str, rows: Sequence[Sums]) -> list[Named]:
    """The groups with their names."""
    if group in MODELS:
        ids = [one.value for one in rows if one.value not in (None, ALONE)]
        found = {row.pk: row for row in MODELS[group]._default_manager.filter(pk__in=ids)}
        return [Named(*_of_row(found.get(one.value), one.value), one) for one in rows]
    kinds = current_kinds() if group == "kind" else {}
    return [Named(_word(group, one.value, kinds), str(one.value), one) for one in rows]


def _of_row(row: Any, value: Any) -> tuple[str, str | None]:
    if value == ALONE:
        return _("teams of one person, together"), None
    return (str(row), row.key) if row is not None else (_("none"), NONE)


def _word(group: str, value: Any, kinds: dict[str, Any]) -> str:
    if group == "kind":
        return kind_name(kinds[value]) if value in kinds else str(value)
    if group == "line":
        return str(dict(Line.choices).get(value, value))
    return _("priority %(n)s") % {"n": value}


def columns(one: Sums) -> list[Column]:
    """The figures of a group, in the order of the table."""
    return [
        _count("opened", _("Came in"), one.opened),
        _count("ended", _("Went out"), one.ended),
        _count("backlog", _("Open at the end"), one.backlog),
        _time("median_s", _("Time to solve, middle"), one.median_s),
        _time("ninth_s", _("Nine in ten within"), one.ninth_s),
        _time("mean_s", _("Time to solve, mean"), one.mean_s),
        _time(
            "waiting_user_s", _("Waiting for the reporter, mean"), _each(one.waiting_user_s, one.waited_user)
        ),
        _count("waited_user", _("Waited for the reporter"), one.waited_user),
        _count("reopened", _("Reopened"), one.reopened),
        _count("handed_over", _("Handed over"), one.handed_over),
        _count("ping_pong", _("Back and forth"), one.ping_pong),
        _share("response", _("Answered in time"), one),
        _share("resolution", _("Solved in time"), one),
    ]


def _each(total: float, items: int) -> float | None:
    return total / items if items else None


def _count(key: str, title: str, value: int) -> Column:
    return Column(key, title, value, plain_value(value), key if value else "")


def _time(key: str, title: str, value: float | None) -> Column:
    return Column(key, title, value, duration_text(value))


def _share(key: str, title: str, one: Sums) -> Column:
    share = one.share(key)
    missed = one.judged.get(key, 0) - one.met.get(key, 0)
    return Column(key, title, share, percent_text(share, 1), f"{key}_missed" if missed else "")


def as_json(one: Sums) -> dict[str, Any]:
    """The figures of a group as plain values."""
    return {
        "opened": one.opened,
        "ended": one.ended,
        "open_at_end": one.backlog,
        "mean_s": one.mean_s,
        "median_s": one.median_s,
        "nine_in_ten_s": one.ninth_s,
        "waiting_s": one.waiting_s,
        "waiting_user_s": one.waiting_user_s,
        "waited_user_items": one.waited_user,
        "reopened_items": one.reopened,
        "handed_over_items": one.handed_over,
        "hand_overs": one.hand_overs,
        "ping_pong_items": one.ping_pong,
        "time_by_line_s": one.by_line_s,
        "response_within_target": one.share("response"),
        "response_judged": one.judged.get("response", 0),
        "resolution_within_target": one.share("resolution"),
        "resolution_judged": one.judged.get("resolution", 0),
    }


def volume_rows(steps: Iterable[Step]) -> list[list[Any]]:
    """Volumes as rows of a file."""
    return [[one.since, one.opened, one.ended, one.backlog] for one in steps]


def state_names(kind: str) -> dict[str, str]:
    """What the states of a kind are called."""
    spec = current_kinds().get(kind)
    if spec is None:
        return {}
    return {key: state.name.text(language()) for key, state in spec.states.items()}


def span_text(since: date, until: date) -> str:
    """A day, or the first and last day of a longer span, as it reads."""
    last = date.fromordinal(until.toordinal() - 1)
    return day_text(since) if since == last else f"{day_text(since)} – {day_text(last)}"
