"""Who may do how hard work, by the levels of the posts people hold. Where no post has a level, nobody is limited."""

from __future__ import annotations

from datetime import datetime

from beheer.lib.errors import InputError, NotAllowed, Problem
from beheer.people.models import User
from beheer.permissions.rules import Actor
from beheer.profile.queries import level_of, levels_in_use, may_take
from beheer.work.kinds.schema import StepSpec
from beheer.work.models import Item


def require_capable(user: User | None, item: Item, now: datetime) -> None:
    """See that a person's level reaches work of the item's complexity, before it is given to them.

    Raises: InputError.
    """
    if user is None or may_take(user.pk, item.complexity, on=now.date()):
        return
    message = f"{item.get_complexity_display()} work is above the level of {user}."
    raise InputError(
        Problem(str(message), "assignee", "Choose somebody of a higher level, or see if it is that hard.")
    )


def require_level(actor: Actor, step: StepSpec, now: datetime) -> None:
    """See that the actor is of the level that a step asks, where posts have levels (1 is the highest).

    Raises: NotAllowed.
    """
    if step.level is None or actor.actor_id is None or not levels_in_use():
        return
    level = level_of(actor.actor_id, now.date())
    if level is None or level > step.level:
        raise NotAllowed(f"The step '{step.name.en}' asks level {step.level} or higher (1 is the highest).")
