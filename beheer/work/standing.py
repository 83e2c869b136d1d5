"""Who may do what with an item: the gate for this room, and what somebody is to an item."""

from __future__ import annotations

from collections.abc import Mapping

from beheer.lib.errors import NotAllowed
from beheer.people.models import Membership
from beheer.permissions.rules import SYSTEM, Actor, allowed, allowed_somewhere, require
from beheer.work.models import Item, Watch
from beheer.work.rules.steps import Standing

FOLLOW = "portal.follow"
OF_WATCHERS = ("work.see", "work.comment")


def is_requester(actor: Actor, item: Item) -> bool:
    """Whether this person reported the item, and may use the portal."""
    return (
        actor.actor_id is not None
        and actor.actor_id == item.requester_id
        and allowed_somewhere(actor, FOLLOW)
    )


def require_on(actor: Actor, right: str, item: Item, *, or_requester: bool = False) -> None:
    """Let pass who has the right for the item's team or service, or, if said so, who reported it.

    Who has the right for other work passes too with an item that they have; and who watches one (who was mentioned in
    it does) may see it and write notes.

    Raises: NotAllowed.
    """
    if or_requester and is_requester(actor, item):
        return
    if allowed(actor, right, team_id=item.team_id, service_id=item.service_id):
        return
    if actor.actor_id is not None and allowed_somewhere(actor, right):
        has_it = item.assignee_id == actor.actor_id
        if has_it or (right in OF_WATCHERS and watches(actor.actor_id, item)):
            return
    require(actor, right, team_id=item.team_id, service_id=item.service_id)


def watches(user_id: int, item: Item) -> bool:
    """Whether somebody hears of what happens to the item."""
    return Watch.objects.filter(item=item, user=user_id).exists()


def may(actor: Actor, right: str, item: Item, *, or_requester: bool = False) -> bool:
    """Whether `require_on` would let pass: for showing a button."""
    try:
        require_on(actor, right, item, or_requester=or_requester)
    except NotAllowed:
        return False
    return True


def own_teams(user_id: int) -> dict[int, str]:
    """The teams that somebody is in: id → key."""
    return dict(Membership.objects.filter(user_id=user_id).values_list("team_id", "team__key"))


def standing(actor: Actor, item: Item, teams: Mapping[int, str] | None = None) -> Standing:
    """What the actor is to the item, in the words of a kind's file; `teams` is their `own_teams`, where known."""
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
        words |= _teams(own_teams(actor.actor_id) if teams is None else teams, item)
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


def _teams(teams: Mapping[int, str], item: Item) -> set[str]:
    words = {f"team:{key}" for key in teams.values()}
    return words | {"team"} if item.team_id in teams else words
