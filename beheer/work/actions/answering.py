"""The reporter answers: what waited for them goes on."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.db import transaction

from beheer.lib.errors import InputError
from beheer.permissions.rules import Actor
from beheer.work.actions.conversation import reply
from beheer.work.actions.steps import take_step
from beheer.work.definitions import definition
from beheer.work.models import Item, Message
from beheer.work.models.items import Channel
from beheer.work.rules.steps import waking_step
from beheer.work.standing import is_requester


@transaction.atomic
def answer(*, actor: Actor, item: Item, text: str, now: datetime, channel: Channel = Channel.PAGE) -> Message:
    """Write to those who do the work, as its reporter; an item that waits for the reporter goes on.

    By somebody else it is a reply, and nothing more.
    Raises: NotAllowed; InputError for an empty text; Conflict where the item is closed.
    """
    message = reply(actor=actor, item=item, text=text, now=now, channel=channel)
    if is_requester(actor, item):
        wake(actor=actor, item=item, now=now)
    return message


def wake(*, actor: Actor, item: Item, now: datetime) -> None:
    """Let an item that waits for its reporter go on, where its kind has a step for that which asks nothing.

    What is still to be filled in is for those who do the work: then it stays as it is.
    """
    fresh = Item.objects.select_related("definition", "request_model").get(pk=item.pk)
    step = waking_step(definition(fresh), fresh.state)
    if step is not None:
        with suppress(InputError), transaction.atomic():
            take_step(actor=actor, item=fresh, step=step, version=None, now=now)
