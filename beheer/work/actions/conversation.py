"""What is said: notes, replies, messages from the reporter, files, watching, satisfaction."""

from __future__ import annotations

import re
from datetime import datetime

from django.db import transaction

from beheer.lib.errors import Conflict, InputError, NotAllowed, Problem
from beheer.people.models import User
from beheer.permissions.rules import Actor
from beheer.work.files import keep, required_type
from beheer.work.models import Attachment, Item, Message, Watch
from beheer.work.models.conversation import MessageKind
from beheer.work.models.items import Channel, Phase
from beheer.work.models.timeline import Verb
from beheer.work.recording import Change, begin
from beheer.work.standing import is_requester, require_on

MENTION = re.compile(r"(?<![\w@])@([A-Za-z0-9_.+-]{1,150})")
LONGEST = 100_000


@transaction.atomic
def comment(
    *, actor: Actor, item: Item, text: str, now: datetime, channel: Channel = Channel.PAGE
) -> Message:
    """Write an internal note, which the reporter never sees. Whoever is @mentioned watches from then on."""
    require_on(actor, "work.comment", item)
    return _said(actor, item, MessageKind.NOTE, text, now, channel)


@transaction.atomic
def reply(
    *,
    actor: Actor,
    item: Item,
    text: str,
    now: datetime,
    channel: Channel = Channel.PAGE,
    mail_id: str = "",
    author_name: str = "",
) -> Message:
    """Answer the reporter; or, where the actor is the reporter, write to those who do the work.

    Raises: NotAllowed; InputError for an empty text; Conflict where the item is closed.
    """
    if is_requester(actor, item):
        return _said(actor, item, MessageKind.MESSAGE, text, now, channel, mail_id, author_name)
    require_on(actor, "work.comment", item)
    kind = MessageKind.MESSAGE if author_name else MessageKind.REPLY
    return _said(actor, item, kind, text, now, channel, mail_id, author_name)


def _said(
    actor: Actor,
    item: Item,
    kind: MessageKind,
    text: str,
    now: datetime,
    channel: Channel,
    mail_id: str = "",
    author_name: str = "",
) -> Message:
    under_way = begin(actor=actor, item=item, version=None, now=now)
    if under_way.item.phase == Phase.CLOSED and kind is MessageKind.MESSAGE:
        raise Conflict(f"{item.number} is closed. Report anew, and name this number.")
    message = say(under_way, kind, text, channel=channel, mail_id=mail_id, author_name=author_name)
    under_way.save(is_edit=False)
    under_way.finish(str(kind), {"message": message.pk})
    return message


def say(
    under_way: Change,
    kind: str,
    text: str,
    *,
    channel: Channel = Channel.PAGE,
    mail_id: str = "",
    author_name: str = "",
) -> Message:
    """Add a message within a change that is under way, with its event and watchers. Does not save the item."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise InputError(Problem("There is no text.", "text", "Write something."))
    if len(text) > LONGEST or "\x00" in text:
        raise InputError(Problem("This text cannot be kept.", "text", f"Keep it under {LONGEST} characters."))
    message = Message(
        item=under_way.item,
        kind=MessageKind(kind),
        channel=channel,
        author_id=under_way.actor.actor_id,
        author_name=author_name or under_way.actor.actor_name,
        text=text,
        written_at=under_way.now,
        mail_id=mail_id,
    )
    message.full_clean(exclude=["item"])
    message.save()
    under_way.event(Verb(kind), data={"message": message.pk})
    mentioned = User.objects.filter(username__in=set(MENTION.findall(text)), is_active=True)
    for user in mentioned:
        if kind == MessageKind.NOTE or user.pk != under_way.item.requester_id:
            Watch.objects.get_or_create(item=under_way.item, user=user)
            under_way.mentioned.add(user.pk)
    return message


@transaction.atomic
def watch(*, actor: Actor, item: Item, user: User, is_watching: bool, now: datetime) -> None:
    """Hear of an item from now on, or no more. Who watches sees the item, whatever team it goes to.

    For somebody else the right to change the item is needed.

    Raises: NotAllowed.
    """
    require_on(actor, "work.see" if actor.actor_id == user.pk else "work.change", item)
    if is_watching:
        Watch.objects.get_or_create(item=item, user=user)
    else:
        Watch.objects.filter(item=item, user=user).delete()
    Change(actor, item, None, now).audit("watch", {"user": user.username, "watching": is_watching})  # type: ignore[arg-type]


@transaction.atomic
def attach(
    *,
    actor: Actor,
    item: Item,
    name: str,
    content: bytes,
    now: datetime,
    message: Message | None = None,
    is_public: bool = False,
) -> Attachment:
    """Add a file. Its type is read from its bytes; what may do harm when opened is refused.

    Raises: NotAllowed; InputError for a file that is empty, too big, or of a type that is not taken.
    """
    require_on(actor, "work.comment", item, or_requester=True)
    media_type = required_type(name, content)
    under_way = begin(actor=actor, item=item, version=None, now=now)
    row = Attachment(
        item=under_way.item,
        message=message,
        name=name[-200:],
        media_type=media_type,
        size_bytes=len(content),
        digest=keep(content),
        is_public=is_public or is_requester(actor, item),
        added_at=now,
        added_by=actor.actor_name,
    )
    row.full_clean(exclude=["item"])
    row.save()
    under_way.event(Verb.ATTACHED, data={"file": row.name, "size_bytes": row.size_bytes})
    under_way.save(is_edit=False)
    under_way.finish("attach", {"file": row.name, "digest": row.digest})
    return row


@transaction.atomic
def give_satisfaction(*, actor: Actor, item: Item, score: int, now: datetime, text: str = "") -> Item:
    """Say how content one is, 1 to 5: the reporter only, after it was solved.

    Raises: NotAllowed; Conflict before it was solved; InputError for another score.
    """
    if not is_requester(actor, item):
        raise NotAllowed("Only who reported it says how content they are.")
    under_way = begin(actor=actor, item=item, version=None, now=now)
    if under_way.item.phase not in (Phase.SOLVED, Phase.CLOSED):
        raise Conflict(f"{item.number} is not solved yet.")
    if score not in range(1, 6):
        raise InputError(Problem("Satisfaction is a number from 1 to 5.", "score", "Choose one of the five."))
    under_way.item.satisfaction = score
    under_way.event(Verb.SATISFACTION, data={"score": score})
    if text.strip():
        say(under_way, MessageKind.MESSAGE, text)
    under_way.save(is_edit=False)
    under_way.finish("satisfaction", {"score": score})
    return under_way.item
