"""Telling persons what concerns them: who watches an item, does it, was named in it or decides on it.

Nobody is told what he did himself, nor the same thing twice: of one change each person hears once, by its gravest word.
The reporter hears by mail in the thread of the item (`mail/outgoing.py`), and is not told of the same thing here.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from beheer.notifications.actions import notify_people
from beheer.people.models import User
from beheer.permissions.rules import allowed
from beheer.work.following import tell_followers
from beheer.work.mail.addresses import address_of, new_mail_id
from beheer.work.models import Event, Message
from beheer.work.models.items import Channel, Phase
from beheer.work.models.mail import MailOut, Occasion
from beheer.work.models.timeline import Verb
from beheer.work.wording import event_changes, event_reason, event_text

if TYPE_CHECKING:
    from beheer.work.recording import Change

# What who follows an item hears of; the rest stands on its page.
NEWS = frozenset(
    {
        Verb.STEP, Verb.CHANGED, Verb.ASSIGNED, Verb.HANDED_OVER, Verb.NOTE, Verb.REPLY, Verb.MESSAGE, Verb.APPROVED,
        Verb.REFUSED, Verb.APPROVAL_LAPSED, Verb.DEADLINE, Verb.SERVICE_DOWN, Verb.SERVICE_BACK, Verb.CAUSE_MOVED,
    }
)  # fmt: skip
LONGEST = 4000


def tell_people(under_way: Change) -> None:
    """Tell those whom a change concerns, in its transaction. Simulated work is told to nobody."""
    item, events = under_way.item, under_way.events
    if item.is_simulated or not events or item.channel == Channel.IMPORT:
        return
    _line_up_mail(under_way)
    tell_followers(under_way)
    by_word = _by_word(under_way)
    told: set[int] = set() if under_way.actor.actor_id is None else {under_way.actor.actor_id}
    for word, people in by_word.items():
        concerned = _may_see(under_way, people - told)
        told |= concerned
        if concerned:
            notify_people(
                event=word,
                people=concerned,
                subject=f"work:{item.number}",
                title=lambda: f"{item.number} {item.title} ({_headline(under_way)})",
                body=lambda: _body(under_way),
                key=f"work:{item.number}",
                now=under_way.now,
                service_id=item.service_id,
                team_id=item.team_id,
                path=f"/work-items/{item.number}/",
            )


def _by_word(under_way: Change) -> dict[str, set[int]]:
    """Who hears by which word; the gravest first, since each hears by one only."""
    item, events = under_way.item, under_way.events
    given = {row.assignee_id for row in events if "assignee" in row.data.get("changes", {})}
    if events[0].verb == Verb.CREATED:
        given.add(item.assignee_id)
    return {
        "work.approval_asked": set(under_way.asked),
        "work.assigned": {one for one in given if one is not None},
        "work.mentioned": set(under_way.mentioned),
        "work.followed": _followers(under_way) if NEWS & {row.verb for row in events} else set(),
    }


def _followers(under_way: Change) -> set[int]:
    """Who watches or does the item, who did until now, and who asked for what was decided."""
    item = under_way.item
    found = set(item.watches.values_list("user_id", flat=True)) | {item.assignee_id}
    before = [row.data["changes"]["assignee"][0] for row in under_way.events
              if "assignee" in row.data.get("changes", {})]  # fmt: skip
    found |= set(
        User.objects.filter(username__in=[name for name in before if name]).values_list("pk", flat=True)
    )
    if {Verb.APPROVED, Verb.REFUSED, Verb.APPROVAL_LAPSED} & {row.verb for row in under_way.events}:
        found |= set(item.approvals.values_list("asked_by_id", flat=True))
    if _is_for_reporter(under_way):
        found.discard(item.requester_id)
    return {one for one in found if one is not None}


def _is_for_reporter(under_way: Change) -> bool:
    """Whether the reporter wrote this, or hears of it by mail in the thread."""
    verbs = {row.verb for row in under_way.events}
    return bool({Verb.REPLY, Verb.MESSAGE} & verbs) or _is_solved(under_way)


def _may_see(under_way: Change, people: Iterable[int]) -> set[int]:
    """Those who may see the item as staff do: what is told may hold internal notes."""
    item = under_way.item
    rows = User.objects.filter(pk__in=list(people), is_active=True)
    return {
        user.pk
        for user in rows
        if allowed(user, "work.see", team_id=item.team_id, service_id=item.service_id)
        or (user.pk == item.assignee_id and any(grant.gives("work.see") for grant in user.grants()))
    }


def _headline(under_way: Change) -> str:
    """What happened first, with who did it."""
    row = next((row for row in under_way.events if row.verb in NEWS), under_way.events[0])
    return f"{row.actor_name}: {event_text(row, under_way.kind)}"


def _body(under_way: Change) -> str:
    """Everything that happened, a line each, with what was said, in the language that is active."""
    ids = [row.data["message"] for row in under_way.events if "message" in row.data]
    said = dict(Message.objects.filter(pk__in=ids).values_list("pk", "text")) if ids else {}
    lines: list[str] = []
    for row in under_way.events:
        lines.append(f"{row.actor_name}: {event_text(row, under_way.kind)}")
        lines += [f"  {name}: {old} → {new}" for name, old, new in event_changes(row, under_way.kind)]
        if reason := event_reason(row, under_way.kind):
            lines.append(f"  {reason}")
        if text := said.get(row.data.get("message", 0)):
            lines += ["", text, ""]
    return "\n".join(lines)[:LONGEST]


def _is_solved(under_way: Change) -> bool:
    """Whether the item came to be solved in this change."""
    steps = [row for row in under_way.events if row.verb == Verb.STEP]
    return any(row.phase == Phase.SOLVED for row in steps) and under_way.phase_before not in (
        Phase.SOLVED,
        Phase.CLOSED,
    )


def _line_up_mail(under_way: Change) -> None:
    """Have the reporter told by mail that it is solved, unless he did it himself or gets a reply with it."""
    item = under_way.item
    if not _is_solved(under_way) or item.requester_id == under_way.actor.actor_id is not None:
        return
    if any(_is_reply(row) for row in under_way.events):
        return
    if address := address_of(item):
        MailOut.objects.create(
            item=item,
            occasion=Occasion.SOLVED,
            to_address=address,
            mail_id=new_mail_id(),
            next_at=under_way.now,
        )


def _is_reply(row: Event) -> bool:
    return row.verb == Verb.REPLY
