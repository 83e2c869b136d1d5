"""Which items somebody may see: the gate of an item's page, and the same as a condition for lists and counts."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils import timezone

from beheer.permissions.rules import Actor, Grant, allowed_somewhere
from beheer.work.approvers import asked_now
from beheer.work.models import Decision, Item, MailIn, MailOut, Watch
from beheer.work.models.approvals import ApprovalState
from beheer.work.queries import item_by_number
from beheer.work.standing import FOLLOW, is_requester, may, require_on

SEE = "work.see"


def visible_item(actor: Actor, number: str) -> Item:
    """The item with this number, if the actor may see it.

    Those who may: whose role reaches its team or service, who has it, who watches it, who is or was asked to decide on
    it, and who reported it.

    Raises: NotFound also where it is there but not theirs to know of; NotAllowed.
    """
    item = item_by_number(number)
    if not is_requester(actor, item):
        require_staff_sight(actor, item)
    return item


def item_for_staff(actor: Actor, number: str) -> Item:
    """The item with this number for the pages of work, which show all of it.

    Raises: NotFound; NotAllowed, also for who only reported it: they have the portal.
    """
    item = item_by_number(number)
    require_staff_sight(actor, item)
    return item


def require_staff_sight(actor: Actor, item: Item) -> None:
    """Let pass who may see all of an item, notes and events too: not who only reported it.

    Raises: NotAllowed.
    """
    if not sees_inside(actor, item):
        require_on(actor, SEE, item)


def sees_inside(actor: Actor, item: Item) -> bool:
    """Whether `require_staff_sight` would let pass."""
    return may(actor, SEE, item) or (bool(_grants(actor)) and _decides(actor, item))


def sees_all(actor: Actor) -> bool:
    """Whether a role of the actor reaches every item."""
    return any(grant.team_id is None and grant.service_id is None for grant in _grants(actor))


def reach(actor: Actor, prefix: str = "") -> Q:
    """The items of the teams and services that roles of the actor reach; Q() for all.

    `prefix` is the way to the item ("item__"), or "" for rows that have a team and a service themselves.
    """
    if sees_all(actor):
        return Q()
    found = Q(pk__in=[])
    for grant in _grants(actor):
        ids = {"team": grant.team_id, "service": grant.service_id}
        found |= Q(**{f"{prefix}{name}": pk for name, pk in ids.items() if pk is not None})
    return found


def in_sight(actor: Actor, prefix: str = "") -> Q:
    """For lists: what the roles of the actor reach, what they have or watch, and what they reported;
    Q() for all.

    Each is an item whose page `visible_item` opens. `prefix` is the way to the item ("item__").
    """
    if sees_all(actor) or actor.actor_id is None:
        return reach(actor, prefix)
    found = reach(actor, prefix)
    if allowed_somewhere(actor, FOLLOW):
        found |= Q(**{f"{prefix}requester": actor.actor_id})
    if _grants(actor):
        found |= Q(**{f"{prefix}assignee": actor.actor_id})
        # Named by their ids, since no index is used for one condition of several that holds a question of its own.
        watched = list(Watch.objects.filter(user=actor.actor_id).values_list("item", flat=True))
        found |= Q(**{f"{prefix}pk__in": watched}) if watched else Q()
    return found


def unseen(actor: Actor, items: Iterable[Item]) -> set[int]:
    """The ids of those among some items that the actor may not open, in one question or none."""
    if sees_all(actor):
        return set()
    ids = {item.pk for item in items}
    return ids - set(Item.objects.filter(in_sight(actor), pk__in=ids).values_list("pk", flat=True))


def mails_in_sight(actor: Actor) -> QuerySet[MailIn]:
    """The mails that came in for items in sight, and those that belong to none: somebody must look at them."""
    rows = MailIn.objects.select_related("item")
    return rows if sees_all(actor) else rows.filter(Q(item=None) | in_sight(actor, "item__"))


def mails_out_in_sight(actor: Actor) -> QuerySet[MailOut]:
    """The mails that go out about items in sight."""
    return MailOut.objects.select_related("item", "message").filter(in_sight(actor, "item__"))


def _grants(actor: Actor) -> list[Grant]:
    return [grant for grant in actor.grants() if grant.gives(SEE)]


def _decides(actor: Actor, item: Item) -> bool:
    """Whether the actor is asked to decide on the item now, as a deputy too, or did before."""
    if actor.actor_id is None:
        return False
    if Decision.objects.filter(approval__item=item, user=actor.actor_id).exists():
        return True
    now = timezone.now()
    asked = item.approvals.filter(state=ApprovalState.ASKED)
    return any(actor.actor_id in asked_now(approval, now) for approval in asked)
