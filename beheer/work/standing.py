"""Who may do what with an item: the gate for this room, and what somebody is to an item."""

from __future__ import annotations

from beheer.lib.errors import NotAllowed
from beheer.people.models import Membership
from beheer.permissions.rules import SYSTEM, Actor, allowed, require
from beheer.work.models import Item
from beheer.work.rules.steps import Standing

FOLLOW = "portal.follow"


def is_requester(actor: Actor, item: Item) -> bool:
    """Whether this person reported the item, and may use the portal."""
    return actor.actor_id is not None and actor.actor_id == item.requester_id and allowed(actor, FOLLOW)


def require_on(actor: Actor, right: str, item: Item, *, or_requester: bool = False) -> None:
    """Let pass who has the right for the item's team or service, or, if said so, who reported it.

    Raises: NotAllowed.
    """
    if or_requester and is_requester(actor, item):
        return
    if item.assignee_id is not None and item.assignee_id == actor.actor_id and allowed_anywhere(actor, right):
        return
    require(actor, right, team_id=item.team_id, service_id=item.service_id)


def allowed_anywhere(actor: Actor, right: str) -> bool:
    """Whether some role of the actor gives the right: enough for what is assigned to them."""
    return any(grant.gives(right) for grant in actor.grants())


def may(actor: Actor, right: str, item: Item, *, or_requester: bool = False) -> bool:
    """Whether `require_on` would let pass: for showing a button."""
    try:
        require_on(actor, right, item, or_requester=or_requester)
    except NotAllowed:
        return False
    return True


def standing(actor: Actor, item: Item) -> Standing:
    """What the actor is to the item, in the words of a kind's file."""
    if actor is SYSTEM:
        every = (
            "staff",
            "assignee",
            "team",
            "requester",
            "lead",
            "service_owner",
            "administrator",
            "machine",
        )
        return Standing(frozenset(every))
    words = set()
    if may(actor, "work.step", item):
        words.add("staff")
    if is_requester(actor, item):
        words.add("requester")
    if actor.actor_id is not None and "staff" in words:
        if item.assignee_id == actor.actor_id:
            words.add("assignee")
        words |= _teams(actor.actor_id, item)
    for role in ("lead", "service_owner", "administrator"):
        if holds(actor, role, item):
            words.add(role)
    if item.service is not None and item.service.owner_id == actor.actor_id is not None:
        words.add("service_owner")
    return Standing(frozenset(words))


def holds(actor: Actor, role: str, item: Item) -> bool:
    """Whether the actor holds a role that reaches the item; an administrator also stands for a lead."""
    return any(
        grant.covers(item.team_id, item.service_id)
        and (grant.role == role or (grant.role == "administrator" and role == "lead"))
        for grant in actor.grants()
    )


def _teams(user_id: int, item: Item) -> set[str]:
    rows = Membership.objects.filter(user_id=user_id).values_list("team_id", "team__key")
    words = {f"team:{key}" for _, key in rows}
    if item.team_id is not None and item.team_id in {pk for pk, _ in rows}:
        words.add("team")
    return words
