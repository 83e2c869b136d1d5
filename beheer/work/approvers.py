"""Who decides in an approval."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from beheer.people.models import Membership, RoleGrant, User
from beheer.work.definitions import definition
from beheer.work.kinds.schema import ApprovalSpec, GroupSpec
from beheer.work.models import Approval, Decision, Deputy, Item
from beheer.work.models.approvals import ApprovalState
from beheer.work.rules.approvals import Vote, group_outcome, open_groups


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
        return _active(item.requester_id)
    if who == "assignee":
        return _active(item.assignee_id)
    if who == "service_owner" and item.service is not None and item.service.owner_id:
        return _active(item.service.owner_id)
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


def _active(person: int | None) -> set[int]:
    """This person alone; nobody where there is none, or they may not sign in any more."""
    found = User.objects.filter(pk=person, is_active=True) if person is not None else User.objects.none()
    return set(found.values_list("pk", flat=True))


def persons_for(user_id: int, now: datetime) -> list[int]:
    """For whom this person may decide now: themselves first, then those they stand in for."""
    rows = Deputy.objects.filter(deputy=user_id, starts_at__lte=now, ends_at__gt=now, person__is_active=True)
    return [user_id, *rows.values_list("person_id", flat=True)]


def votes_of(approval: Approval) -> list[Vote]:
    """The decisions so far."""
    return [
        Vote(row.group, row.for_user_id or row.user_id, row.is_approved) for row in approval.decisions.all()
    ]


def standing_in(people: Iterable[int], now: datetime) -> dict[int, set[int]]:
    """Who may decide now for each of these people, beside themselves: person → deputies."""
    rows = Deputy.objects.filter(
        person__in=list(people), starts_at__lte=now, ends_at__gt=now, deputy__is_active=True
    )
    found: dict[int, set[int]] = {}
    for person, deputy in rows.values_list("person_id", "deputy_id"):
        found.setdefault(person, set()).add(deputy)
    return found


def asked_now(approval: Approval, now: datetime) -> set[int]:
    """The ids of all whose word is asked at this moment, deputies with them; none where it is settled."""
    if approval.state != ApprovalState.ASKED:
        return set()
    spec = definition(approval.item).approvals[approval.key]
    members = deciders(approval.item, spec, approval)
    votes = votes_of(approval)
    voted = {(vote.group, vote.person) for vote in votes}
    waiting = {
        person
        for group in open_groups(spec, members, votes)
        for person in members[group]
        if (group, person) not in voted
    }
    deputies = {one for found in standing_in(waiting, now).values() for one in found}
    out = {approval.asked_by_id, approval.item.assignee_id}
    done = {row.user_id for row in approval.decisions.all()}
    return (waiting | deputies) - out - done


def waits_for(approval: Approval, user: User, now: datetime) -> bool:
    """Whether this person's word is still asked in an approval, their own or as a deputy."""
    return user.pk in asked_now(approval, now)


def decides_for(approval: Approval, user: User, now: datetime) -> User | None:
    """In whose place this person would decide; None: for themselves, or not at all."""
    spec = definition(approval.item).approvals[approval.key]
    members = deciders(approval.item, spec, approval)
    votes = votes_of(approval)
    voted = {(vote.group, vote.person) for vote in votes}
    for person in persons_for(user.pk, now):
        for group in open_groups(spec, members, votes):
            if person in members[group] and (group, person) not in voted:
                return None if person == user.pk else User.objects.get(pk=person)
    return None


def asked_approvals() -> QuerySet[Approval]:
    """Approvals that wait for somebody, the longest waiting first."""
    rows = Approval.objects.filter(state=ApprovalState.ASKED).order_by("asked_at", "pk")
    related = ("item", "item__definition", "item__service", "item__assignee", "asked_by")
    return rows.select_related(*related).prefetch_related("decisions")


@dataclass(frozen=True, slots=True)
class Voter:
    """One who decides in a group: what was said (None: nothing yet), by whom in their place, and why.

    `deputies` may do so now in their place.
    """

    person: User
    is_approved: bool | None = None
    by: User | None = None
    reason: str = ""
    deputies: tuple[User, ...] = ()


@dataclass(frozen=True, slots=True)
class GroupOutlook:
    """One group of an approval as people see it. `outcome` is asked, granted or refused; `is_open`: it is its turn."""

    spec: GroupSpec
    outcome: str
    is_open: bool
    voters: tuple[Voter, ...]

    @property
    def share_text(self) -> str:
        """The share that must approve, in percent."""
        return f"{self.spec.share:.0%}"

    @property
    def yes(self) -> int:
        """How many approved."""
        return sum(voter.is_approved is True for voter in self.voters)


def outlook(approval: Approval, now: datetime) -> list[GroupOutlook]:
    """Who decides in each group, who did, and whose turn it is."""
    spec = definition(approval.item).approvals[approval.key]
    members = deciders(approval.item, spec, approval)
    votes = votes_of(approval)
    decisions = {(row.group, row.for_user_id or row.user_id): row for row in approval.decisions.all()}
    named = {pk for group in members for pk in group} | {person for _group, person in decisions}
    deputies = standing_in(named, now) if approval.state == ApprovalState.ASKED else {}
    ids = named | {one for found in deputies.values() for one in found}
    people = User.objects.in_bulk(list(ids))
    opened = open_groups(spec, members, votes) if approval.state == ApprovalState.ASKED else []
    out = {approval.asked_by_id, approval.item.assignee_id}
    rows = []
    for number, group in enumerate(spec.groups):
        inside = members[number] if approval.state == ApprovalState.ASKED else frozenset()
        persons = inside | {person for place, person in decisions if place == number}
        voters = [
            _voter(people, person, decisions.get((number, person)), deputies.get(person, set()) - out)
            for person in persons
            if person in people
        ]
        voters.sort(key=lambda voter: (voter.is_approved is None, str(voter.person)))
        result = group_outcome(group, members[number], votes, number)
        rows.append(GroupOutlook(group, result, number in opened, tuple(voters)))
    return rows


def _voter(people: dict[int, User], person: int, row: Decision | None, deputies: set[int]) -> Voter:
    if row is None:
        return Voter(people[person], deputies=tuple(people[one] for one in sorted(deputies) if one in people))
    by = row.user if row.for_user_id is not None else None
    return Voter(people[person], row.is_approved, by, row.reason)
