"""Sending replies to reporters by mail, each once, with retries."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import make_msgid

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from beheer.work import files
from beheer.work.mail.incoming import own_mark
from beheer.work.models import Item, Message
from beheer.work.models.conversation import MessageKind
from beheer.work.models.items import Channel
from beheer.work.models.mail import MailIn, MailOut

log = logging.getLogger("beheer.work.mail")
AT_ONCE = 50
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240, 720))


def send(now: datetime) -> int:
    """Send what waits. Gives how many mails went out."""
    _line_up(now)
    waiting = MailOut.objects.filter(sent_at=None, next_at__lte=now).select_related(
        "message__item__requester"
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
            domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
            MailOut.objects.get_or_create(
                message=message,
                defaults={"to_address": address, "mail_id": make_msgid(domain=domain), "next_at": now},
            )


def address_of(item: Item) -> str:
    """Where the reporter of an item reads mail; empty if nowhere."""
    if item.requester is not None:
        return item.requester.email if item.requester.is_active and not item.requester.is_simulated else ""
    return item.requester_email


def _send_one(row: MailOut, now: datetime) -> bool:
    try:
        _compose(row).send()
    except (OSError, smtplib.SMTPException) as error:
        is_last = row.attempts + 1 >= len(PAUSES)
        MailOut.objects.filter(pk=row.pk).update(
            error=str(error)[:500], **({"next_at": None} if is_last else {})
        )
        log.warning("The reply on %s could not be sent: %s", row.message.item.number, error)
        return False
    MailOut.objects.filter(pk=row.pk).update(sent_at=now, next_at=None, error="")
    return True


def _compose(row: MailOut) -> EmailMessage:
    """The mail: the reply, the address of the item, and what makes answers find their way back."""
    item = row.message.item
    language = (item.requester.language if item.requester else "") or settings.LANGUAGE_CODE
    with translation.override(language):
        text = f"{row.message.text}\n\n--\n" + _("Answer this mail to add to %(number)s.") % {
            "number": item.number
        }
        if item.requester is not None:
            text += f"\n{settings.BASE_URL}{reverse('portal:request', args=[item.number])}"
    thread = _thread(item)
    headers = {"Message-ID": row.mail_id, "X-Beheer": own_mark(), "Auto-Submitted": "no"}
    if thread:
        headers |= {"In-Reply-To": thread[-1], "References": " ".join(thread[-20:])}
    mail = EmailMessage(
        subject=f"[{item.number}] {item.title}",
        body=text,
        to=[row.to_address],
        from_email=settings.MAIL_ADDRESS or settings.DEFAULT_FROM_EMAIL,
        headers=headers,
    )
    for name, content, media_type in _attachments(row.message):
        mail.attach(name, content, media_type)
    return mail


def _thread(item: Item) -> list[str]:
    """The Message-IDs of the mails of an item so far, oldest first."""
    came = MailIn.objects.filter(item=item).exclude(message_id="").values_list("received_at", "message_id")
    went = MailOut.objects.filter(message__item=item, sent_at__isnull=False).values_list("sent_at", "mail_id")
    return [mail_id for _at, mail_id in sorted([*came, *went])]


def _attachments(message: Message) -> Iterable[tuple[str, bytes, str]]:
    for row in message.attachments.filter(Q(is_public=True)):
        yield row.name, files.content_of(row.digest), row.media_type
