"""Who decides in an approval."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from beheer.people.models import Membership, RoleGrant, User
from beheer.work.definitions import definition
from beheer.work.kinds.schema import ApprovalSpec
from beheer.work.models import Approval, Deputy, Item
from beheer.work.models.approvals import ApprovalState
from beheer.work.rules.approvals import Vote, open_groups


def deciders(item: Item, spec: ApprovalSpec, approval: Approval) -> list[frozenset[int]]:
    """The ids of who may decide, for each group. Who asked and who does the work are never among them."""
    out = {approval.asked_by_id, item.assignee_id}
    return [
        frozenset(pk for who in group.who for pk in named_by(who, item) if pk not in out)
        for group in spec.groups
    ]


def named_by(who: str, item: Item) -> set[int]:
    """The ids of the active people that a word of a kind's file means for an item."""
    if who == "requester":
        return {item.requester_id} if item.requester_id else set()
    if who == "assignee":
        return {item.assignee_id} if item.assignee_id else set()
    if who == "service_owner" and item.service is not None and item.service.owner_id:
        return {item.service.owner_id}
    if who.startswith("person:"):
        named = User.objects.filter(username=who.removeprefix("person:"), is_active=True)
        return set(named.values_list("pk", flat=True))
    if who == "requester_lead":
        own = Membership.objects.filter(user=item.requester_id).values("team")
        leads = Membership.objects.filter(team__in=own, is_lead=True, user__is_active=True)
        found = set(leads.exclude(user=item.requester_id).values_list("user_id", flat=True))
        return found or named_by("service_owner", item) or named_by("lead", item)
    if who == "team" or who.startswith("team:"):
        in_team = Q(team=item.team_id) if who == "team" else Q(team__key=who.removeprefix("team:"))
        rows = Membership.objects.filter(in_team, user__is_active=True)
        return set(rows.values_list("user_id", flat=True))
    roles = {"staff": ["member", "lead", "administrator"], "lead": ["lead", "administrator"]}.get(who, [who])
    reach = Q(team=None, service_id=None) | Q(team__isnull=False, team=item.team_id)
    if item.service_id is not None:
        reach |= Q(service_id=item.service_id)
    grants = RoleGrant.objects.filter(reach, role__in=roles, user__is_active=True)
    return set(grants.values_list("user_id", flat=True))


def persons_for(user_id: int, now: datetime) -> list[int]:
    """For whom this person may decide now: themselves first, then those they stand in for."""
    rows = Deputy.objects.filter(deputy=user_id, starts_at__lte=now, ends_at__gt=now, person__is_active=True)
    return [user_id, *rows.values_list("person_id", flat=True)]


def votes_of(approval: Approval) -> list[Vote]:
    """The decisions so far."""
    return [
        Vote(row.group, row.for_user_id or row.user_id, row.is_approved) for row in approval.decisions.all()
    ]


def waits_for(approval: Approval, user: User, now: datetime) -> bool:
    """Whether this person's word is still asked in an approval, their own or as a deputy."""
    if approval.state != ApprovalState.ASKED:
        return False
    spec = definition(approval.item).approvals[approval.key]
    members = deciders(approval.item, spec, approval)
    persons = persons_for(user.pk, now)
    out = {approval.asked_by_id, approval.item.assignee_id}
    if user.pk in out or approval.decisions.filter(user=user).exists():
        return False
    groups = open_groups(spec, members, votes_of(approval))
    return any(person in members[group] for person in persons for group in groups)
