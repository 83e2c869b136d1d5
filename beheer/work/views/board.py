"""The board by state: cards that carry the steps their reader may take with them."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from beheer.lib.errors import Conflict, InputError, Problem
from beheer.people.models import Team, User
from beheer.ui.sentences import problems_told
from beheer.work.actions import take_step
from beheer.work.cells import CardStep
from beheer.work.definitions import current_kinds, definition
from beheer.work.gate import staff
from beheer.work.kinds.schema import Kind
from beheer.work.models import Item
from beheer.work.rules.steps import Standing
from beheer.work.sight import in_sight, item_for_staff
from beheer.work.standing import own_teams, standing
from beheer.work.views.items import asked_by
from beheer.work.views.lists import RELATED
from beheer.work.wording import language, state_name

BOARD_CARDS = 40


class Steps:
    """The steps that one person may take with cards; what somebody is to an item is asked once for all alike."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._teams = own_teams(user.pk)
        self._standings: dict[tuple[object, ...], Standing] = {}

    def of(self, item: Item) -> list[CardStep]:
        """For one card, in the order of its kind."""
        me = self._user.pk
        alike = (item.team_id, item.service_id, item.assignee_id == me, item.requester_id == me)
        place = self._standings.get(alike)
        if place is None:
            place = self._standings[alike] = standing(self._user, item, self._teams)
        kind = definition(item)
        return [
            CardStep(key, step.name.text(language()), step.to, bool(step.asks))
            for key, step in kind.steps_from(item.state).items()
            if place.may(step)
        ]


@require_safe
def board(request: HttpRequest) -> HttpResponse:
    """One kind's open items as cards by state."""
    user = staff(request)
    kinds = current_kinds()
    key = request.GET.get("kind", "")
    key = key if key in kinds else next(iter(kinds))
    team = request.GET.get("team", "")
    context = {
        "columns": _columns(user, kinds[key], key, team),
        "kind": key,
        "team": team,
        "kinds": [(name, one.plural.text(request.LANGUAGE_CODE)) for name, one in kinds.items()],
        "teams": Team.objects.all(),
        "user": user,
    }
    return render(request, "work/board.html", context)


def _columns(user: User, kind: Kind, key: str, team: str) -> list[tuple[object, ...]]:
    """For each state that is not closed: its name, key and phase, its cards with their steps, and if there are more."""
    steps, sight = Steps(user), in_sight(user)
    columns: list[tuple[object, ...]] = []
    for state, spec in kind.states.items():
        if spec.phase == "closed":
            continue
        rows = (
            Item.objects.filter(sight, kind=key, state=state, closed_at=None)
            .select_related(*RELATED)
            .prefetch_related("definition")
        )
        if team.isdecimal():
            rows = rows.filter(team__pk=team)
        found = list(rows.order_by("priority", "-opened_at", "-pk")[: BOARD_CARDS + 1])
        cards = [(row, steps.of(row)) for row in found[:BOARD_CARDS]]
        columns.append((state_name(kind, state), state, spec.phase, cards, len(found) > BOARD_CARDS))
    return columns


@require_POST
def board_move(request: HttpRequest) -> HttpResponse:
    """Take a step with a card: at once, or by the form of the step where it asks something.

    Who had an older card before them is told so, and nothing is done.
    """
    user = staff(request)
    number, version, step = _asked(request.POST.get("move", ""))
    item = item_for_staff(user, number)
    kind = definition(item)
    given = {name: request.POST.get(name, "") for name in ("kind", "team")}
    back = f"{reverse('work:board')}?{urlencode(given)}"
    if item.version != version or step not in kind.steps_from(item.state):
        _changed(request, item)
        return redirect(back)
    if asked_by(kind, item, step):
        return redirect("work:step", number=number, step=step)
    try:
        done = take_step(actor=user, item=item, step=step, version=version, now=timezone.now())
        words = {"number": number, "state": state_name(kind, done.state)}
        messages.success(request, _("%(number)s: %(state)s.") % words)
    except Conflict:
        _changed(request, item)
    except InputError as error:
        for text in problems_told(error):
            messages.error(request, text)
    return redirect(back)


def _asked(text: str) -> tuple[str, int, str]:
    """Number, version and step of a button. Raises: InputError."""
    number, version, step = [*text.split(":"), "", "", ""][:3]
    if not (number and step and version.isascii() and version.isdigit()):
        remedy = _("Open the board again and choose a step.")
        raise InputError(Problem(_("This names no step of a card."), "move", remedy))
    return number, int(version), step


def _changed(request: HttpRequest, item: Item) -> None:
    text = _(
        "%(number)s was changed by somebody else in the meantime. Nothing was done; here it is as it is now."
    )
    messages.error(request, text % {"number": item.number})
