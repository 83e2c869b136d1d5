"""Those who follow a disturbance in the portal: they hear by mail when it is over, and when it is back again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beheer.work.mail.addresses import new_mail_id
from beheer.work.models import Item, MeToo
from beheer.work.models.items import LinkKind, Phase
from beheer.work.models.mail import MailOut, Occasion
from beheer.work.models.timeline import Verb

if TYPE_CHECKING:
    from beheer.work.recording import Change

LIVE = (Phase.OPEN, Phase.WAITING)


def tell_followers(under_way: Change) -> None:
    """Line up a mail for each follower where this change ended the disturbance or brought it back.

    What went up in another item is not over: its followers follow that one from now on.
    """
    steps = [row for row in under_way.events if row.verb == Verb.STEP]
    if not steps:
        return
    was_live, is_live = under_way.phase_before in LIVE, steps[-1].phase in LIVE
    if was_live == is_live:
        return
    item = under_way.item
    if was_live and (other := _goes_on_in(item)):
        _follow_instead(item, other)
        return
    _line_up(under_way, Occasion.OVER if was_live else Occasion.BACK)


def _goes_on_in(item: Item) -> Item | None:
    """The item that this one duplicates, as long as that is worked on."""
    rows = item.links_out.filter(kind=LinkKind.DUPLICATES, target__phase__in=LIVE).select_related("target")
    found = rows.first()
    return found.target if found is not None else None


def _follow_instead(item: Item, other: Item) -> None:
    there = other.me_too.values_list("user_id", flat=True)
    MeToo.objects.filter(item=item).exclude(user__in=list(there)).update(item=other)


def _line_up(under_way: Change, occasion: Occasion) -> None:
    item = under_way.item
    _take_back(item, occasion)
    rows = item.me_too.filter(user__is_active=True, user__is_simulated=False).exclude(user__email="")
    without = {item.requester_id, under_way.actor.actor_id}
    for row in rows.select_related("user"):
        if row.user_id not in without:
            MailOut.objects.create(
                item=item,
                occasion=occasion,
                reader=row.user,
                to_address=row.user.email,
                mail_id=new_mail_id(),
                next_at=under_way.now,
            )


def _take_back(item: Item, occasion: Occasion) -> None:
    """What was not sent yet and is not true any more is not sent."""
    other = Occasion.BACK if occasion == Occasion.OVER else Occasion.OVER
    item.mails_out.filter(occasion=other, sent_at=None, attempts=0).delete()
