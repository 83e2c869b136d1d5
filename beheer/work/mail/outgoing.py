"""Sending mail to reporters and to who follows a disturbance, each once, with retries."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from beheer.people.models import User
from beheer.work import files
from beheer.work.mail.addresses import address_of, new_mail_id
from beheer.work.mail.incoming import own_mark
from beheer.work.models import Item, Message
from beheer.work.models.conversation import MessageKind
from beheer.work.models.items import Channel
from beheer.work.models.mail import MailIn, MailOut, Occasion
from beheer.work.reply_texts import language_of

log = logging.getLogger("beheer.work.mail")
AT_ONCE = 50
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))


def send(now: datetime) -> int:
    """Send what waits. Gives how many mails went out."""
    _line_up(now)
    waiting = MailOut.objects.filter(sent_at=None, next_at__lte=now).select_related(
        "message", "item__requester", "reader"
    )
    sent = 0
    for row in waiting[:AT_ONCE]:
        # Claimed before it is sent: a second worker leaves it alone, and a crash makes it be tried later.
        claimed = MailOut.objects.filter(pk=row.pk, sent_at=None, next_at=row.next_at)
        if not claimed.update(
            next_at=now + PAUSES[min(row.attempts, len(PAUSES) - 1)], attempts=row.attempts + 1
        ):
            continue
        sent += _send_one(row, now)
    return sent


def _line_up(now: datetime) -> None:
    """Make a row for each reply whose reporter reads mail."""
    since = now - timedelta(days=7)
    replies = Message.objects.filter(kind=MessageKind.REPLY, mail_out=None, written_at__gte=since)
    for message in replies.exclude(channel=Channel.IMPORT).select_related("item__requester").order_by("pk"):
        if address := address_of(message.item):
            MailOut.objects.get_or_create(
                message=message,
                defaults={
                    "item": message.item,
                    "to_address": address,
                    "mail_id": new_mail_id(),
                    "next_at": now,
                },
            )


def _send_one(row: MailOut, now: datetime) -> bool:
    try:
        _compose(row).send()
    except (OSError, smtplib.SMTPException) as error:
        is_last = row.attempts + 1 >= len(PAUSES)
        MailOut.objects.filter(pk=row.pk).update(
            error=str(error)[:500], **({"next_at": None} if is_last else {})
        )
        log.warning("The mail on %s could not be sent: %s", row.item.number, error)
        return False
    MailOut.objects.filter(pk=row.pk).update(sent_at=now, next_at=None, error="")
    return True


def _compose(row: MailOut) -> EmailMessage:
    """The mail: what is said, the address of the item, and what makes answers find their way back."""
    item = row.item
    if row.reader is not None:
        return _for_follower(row, row.reader)
    with translation.override(language_of(item)):
        text = f"{_words(row)}\n\n--\n" + _("Answer this mail to add to %(number)s.") % {
            "number": item.number
        }
        if item.requester is not None:
            text += f"\n{settings.BASE_URL}{reverse('portal:request', args=[item.number])}"
    thread = _thread(item)
    headers = {
        "Message-ID": row.mail_id,
        "X-Beheer": own_mark(),
        "Auto-Submitted": "no" if row.message else "auto-generated",
    }
    if thread:
        headers |= {"In-Reply-To": thread[-1], "References": " ".join(thread[-20:])}
    mail = EmailMessage(
        subject=f"[{item.number}] {item.title}",
        body=text,
        to=[row.to_address],
        from_email=settings.MAIL_ADDRESS or settings.DEFAULT_FROM_EMAIL,
        headers=headers,
    )
    if row.message is not None:
        for name, content, media_type in _attachments(row.message):
            mail.attach(name, content, media_type)
    return mail


def _for_follower(row: MailOut, reader: User) -> EmailMessage:
    """Word for somebody who follows a disturbance. Names the services only: what was said inside is not theirs."""
    item = row.item
    with translation.override(reader.language or settings.LANGUAGE_CODE):
        words = {"services": services_text(item), "number": item.number}
        if row.occasion == Occasion.OVER:
            subject = _("It works again: %(services)s") % words
            lines = [
                _("The disturbance of %(services)s that you follow is over.") % words,
                _("Does it still not work for you? Then report it on the page below."),
            ]
        else:
            subject = _("Not solved after all: %(services)s") % words
            lines = [
                _("The disturbance of %(services)s that you follow is back. We are working on it.") % words,
                _("You hear from us when it is over. There is no need to report it."),
            ]
    lines.append(f"{settings.BASE_URL}{reverse('portal:disturbance', args=[item.number])}")
    return EmailMessage(
        subject=f"[{item.number}] {subject}",
        body="\n\n".join(lines),
        to=[row.to_address],
        from_email=settings.MAIL_ADDRESS or settings.DEFAULT_FROM_EMAIL,
        headers={"Message-ID": row.mail_id, "X-Beheer": own_mark(), "Auto-Submitted": "auto-generated"},
    )


def services_text(item: Item) -> str:
    """The services of a disturbance that everybody may know of, by name."""
    named = [item.service, *item.services.all()]
    return ", ".join(dict.fromkeys(one.name for one in named if one is not None and one.is_public)) or "–"


def _words(row: MailOut) -> str:
    """What the mail says: the reply, or that the item is solved and how."""
    if row.message is not None:
        return row.message.text
    item = row.item
    lines = [_("%(number)s is solved: %(title)s") % {"number": item.number, "title": item.title}]
    if solution := item.values.get("solution"):
        lines += ["", str(solution)]
    if item.requester is not None:
        lines += ["", _("On the page below you can confirm it, open it again, and say how content you are.")]
    return "\n".join(lines)


def _thread(item: Item) -> list[str]:
    """The Message-IDs of the mails of an item so far, oldest first."""
    came = MailIn.objects.filter(item=item).exclude(message_id="").values_list("received_at", "message_id")
    went = MailOut.objects.filter(item=item, reader=None, sent_at__isnull=False).values_list(
        "sent_at", "mail_id"
    )
    return [mail_id for _at, mail_id in sorted([*came, *went])]


def _attachments(message: Message) -> Iterable[tuple[str, bytes, str]]:
    for row in message.attachments.filter(Q(is_public=True)):
        yield row.name, files.content_of(row.digest), row.media_type
