"""Taking in mails: from an IMAP mailbox, each once, the raw mail kept."""

from __future__ import annotations

import hashlib
import imaplib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from imap_tools import AND, BaseMailBox, MailBox, MailBoxUnencrypted, MailMessage, MailMessageFlags

from beheer.lib.errors import BeheerError, Conflict, InputError, Problem
from beheer.people.models import User
from beheer.permissions.rules import SYSTEM
from beheer.ui.sentences import problems_told
from beheer.work import files
from beheer.work.actions.answering import wake
from beheer.work.actions.conversation import attach, comment, reply
from beheer.work.actions.items import create
from beheer.work.mail.reading import File, Mail, read_mail
from beheer.work.mail.rules import Deed, Thread, decide
from beheer.work.mail.standing import NO_SUCH_KIND, setting_fault, settings_now
from beheer.work.mail.words import reason_text
from beheer.work.models import Item, Message
from beheer.work.models.items import Channel, Phase
from beheer.work.models.mail import MailIn, MailOut, Outcome

log = logging.getLogger("beheer.work.mail")
AT_ONCE = 50
COULD_NOT = "it could not be taken in"
STORE_TROUBLE = (OSError, OperationalError, InterfaceError)  # of the machine or the store, not of one mail
OUTCOMES = {
    Deed.OPEN: Outcome.OPENED,
    Deed.ADD: Outcome.ADDED,
    Deed.NOTE: Outcome.NOTED,
    Deed.LEAVE: Outcome.LEFT,
}


def own_mark() -> str:
    """What our own mails carry, so that they are known when they come back. Not secret, and not the key itself."""
    return hashlib.sha256(f"mail:{settings.SECRET_KEY}".encode()).hexdigest()[:24]


def fetch(now: datetime) -> int:
    """Take in what is new in the mailbox; 0 where none is configured. Gives how many mails were dealt with.

    A mail is marked as seen only after it was stored; one that was stored before is only marked. One that raises does
    not hold up the ones behind it: it is kept and left alone, or where nothing can be kept now, met at the next turn.
    """
    if not settings.IMAP_HOST:
        return 0
    done = 0
    with _mailbox() as mailbox:
        heads = mailbox.fetch(AND(seen=False), mark_seen=False, headers_only=True, limit=AT_ONCE)
        for head in list(heads):
            if head.uid is None:
                continue
            try:
                done += _fetch_one(mailbox, head, head.uid, now)
            except (imaplib.IMAP4.error, ConnectionError, TimeoutError):
                raise  # the mailbox itself is gone
            except Exception:
                log.exception("Mail %s in the mailbox could not be kept; it is tried again", head.uid)
    return done


def _fetch_one(mailbox: BaseMailBox, head: MailMessage, uid: str, now: datetime) -> int:
    """Take in one mail of the mailbox, and mark it as seen. Gives 0 for one that is too large."""
    if head.size_rfc822 > settings.MAIL_MOST_BYTES:
        _leave_large(head, now)
        mailbox.flag(uid, MailMessageFlags.FLAGGED, True)
        mailbox.flag(uid, MailMessageFlags.SEEN, True)
        return 0
    done = 0
    for raw in _raw(mailbox, uid):
        take_in(raw, now)
        mailbox.flag(uid, MailMessageFlags.SEEN, True)
        done += 1
    return done


def _raw(mailbox: BaseMailBox, uid: str) -> Iterator[bytes]:
    """The mail byte by byte as it lies there: to read and write it again fails on some broken ones."""
    _status, parts = mailbox.client.uid("fetch", uid, "(BODY.PEEK[])")
    for part in parts:
        if isinstance(part, tuple):
            yield part[1]


def _leave_large(head: MailMessage, now: datetime) -> None:
    """Write down a mail that is too large to take in; it stays in the mailbox, and is not kept here."""
    log.error("A mail of %s bytes is larger than BEHEER_MAIL_MOST_BYTES; it is left there", head.size_rfc822)
    message_id = str(head.obj["Message-ID"] or "").strip()[:250]
    about = f"large:{head.uid}:{head.size_rfc822}:{message_id}:{head.date_str}"
    MailIn.objects.get_or_create(
        digest=hashlib.sha256(about.encode("utf-8", "replace")).hexdigest(),
        defaults={
            "message_id": message_id,
            "from_address": head.from_[:254].lower(),
            "subject": head.subject.replace("\x00", "")[:250],
            "size_bytes": head.size_rfc822,
            "received_at": now,
            "outcome": Outcome.LEFT,
            "reason": "larger than BEHEER_MAIL_MOST_BYTES; it is left in the mailbox",
        },
    )


@contextmanager
def _mailbox() -> Iterator[BaseMailBox]:
    kind = MailBox if settings.IMAP_TLS else MailBoxUnencrypted
    box = kind(settings.IMAP_HOST, settings.IMAP_PORT, timeout=30)
    with box.login(settings.IMAP_USER, settings.IMAP_PASSWORD, settings.IMAP_FOLDER) as mailbox:
        yield mailbox


def take_in(raw: bytes, now: datetime) -> MailIn:
    """Deal with one raw mail, once: the same bytes again change nothing.

    One that cannot be dealt with is kept and left alone, with the reason; `tried_with` tells that it is to be tried
    again. Raises: OSError, OperationalError where nothing can be kept at all.
    """
    digest = files.keep(raw)
    known = MailIn.objects.filter(digest=digest).first()
    if known is not None:
        return known
    row = MailIn(digest=digest, size_bytes=len(raw), received_at=now)
    try:
        _deal(row, raw, now)
    except STORE_TROUBLE:
        raise
    except Exception as error:
        log.exception("A mail could not be taken in; it is kept, and left alone")
        known = MailIn.objects.filter(digest=digest).first()  # another worker was first
        return known or _leave(digest, raw, error, now)
    return row


@transaction.atomic
def take_in_again(row: MailIn, now: datetime) -> MailIn:
    """Deal with a mail that could not be taken in before, as if it came now.

    Raises: Conflict where that has been done; NotFound where the raw mail was not kept; whatever stops it.
    """
    locked = MailIn.objects.select_for_update().get(pk=row.pk)
    if not locked.tried_with:
        raise Conflict(_("This mail does not wait to be taken in."))
    _deal(locked, files.content_of(locked.digest), now)
    return locked


@transaction.atomic
def _deal(row: MailIn, raw: bytes, now: datetime) -> None:
    """Do what the rules say of a mail, and save `row` with what became of it: all or nothing."""
    mail = read_mail(raw, own_mark=own_mark())
    item = _item_of(mail)
    thread = Thread(_has_part(mail.from_address, item), item.phase == Phase.CLOSED) if item else None
    decision = decide(mail, thread, _recent(mail.from_address, row))
    if mail.is_bounce:
        MailOut.objects.filter(mail_id__in=mail.refers_to).update(error=(mail.text or mail.subject)[:500])
    if decision.deed is Deed.OPEN:
        item = open_for(mail, item, now)
    elif decision.deed is Deed.ADD:
        assert item is not None
        _add(mail, item, now)
    elif decision.deed is Deed.NOTE:
        assert item is not None
        _note(mail, item, decision.reason, now)
    row.message_id, row.subject = mail.message_id[:250], mail.subject[:250]
    row.from_address = mail.from_address[:254]
    row.outcome, row.reason = OUTCOMES[decision.deed], decision.reason
    row.item = item if decision.deed is not Deed.LEAVE else None
    row.problem = row.tried_with = ""
    row.save()


def _recent(address: str, row: MailIn) -> int:
    """How many mails of this sender were dealt with in the hour before this one came."""
    found = MailIn.objects.filter(from_address=address, tried_with="", received_at__lte=row.received_at)
    return found.filter(received_at__gt=row.received_at - timedelta(hours=1)).exclude(pk=row.pk).count()


def _leave(digest: str, raw: bytes, error: Exception, now: datetime) -> MailIn:
    """Write down a mail that could not be taken in, with as much of its head as can be read."""
    try:
        mail = read_mail(raw, own_mark=own_mark())
        head = (mail.message_id, mail.from_address, mail.subject)
    except Exception:  # the mail that nobody thought of: its bytes are kept, and that it came is told
        log.exception("The head of a mail could not be read")
        head = ("", "", "")
    message_id, address, subject = (text.encode("utf-8", "replace").decode()[:250] for text in head)
    row, _made = MailIn.objects.get_or_create(
        digest=digest,
        defaults={
            "message_id": message_id,
            "from_address": address,
            "subject": subject,
            "size_bytes": len(raw),
            "received_at": now,
            "outcome": Outcome.LEFT,
            **fault_of(error),
        },
    )
    return row


def fault_of(error: Exception) -> dict[str, str]:
    """Why a mail could not be taken in, as fields of its row; with what the settings said, so that it is tried anew."""
    reason = setting_fault()
    told = str(error) if isinstance(error, BeheerError) else f"{type(error).__name__}: {error}"
    clean = told.replace("\x00", "").encode("utf-8", "replace").decode()
    return {
        "reason": reason or COULD_NOT,
        "problem": "" if reason else clean[:2000],
        "tried_with": settings_now(),
    }


def _item_of(mail: Mail) -> Item | None:
    """The item that a mail belongs to: by what it answers, else by the number in its subject."""
    for mail_id in mail.refers_to:
        if found := MailOut.objects.filter(mail_id=mail_id).select_related("item").first():
            return found.item
        if said := Message.objects.filter(mail_id=mail_id).select_related("item").first():
            return said.item
        if (
            came := MailIn.objects.filter(message_id=mail_id, item__isnull=False)
            .select_related("item")
            .first()
        ):
            return came.item
    return Item.objects.filter(number=mail.number).first() if mail.number else None


def _has_part(address: str, item: Item) -> bool:
    """Whether this address is the reporter's, a watcher's, or of somebody who does the work."""
    if not address:
        return False
    people = [item.requester, item.assignee, *(row.user for row in item.watches.select_related("user"))]
    addresses = {person.email.lower() for person in people if person is not None} | {
        item.requester_email.lower()
    }
    return address in addresses


def open_for(mail: Mail, before: Item | None, now: datetime) -> Item:
    """Open an item for a mail that begins something new, or answers what is closed.

    Raises: InputError where the settings for mails do not allow it, naming the setting.
    """
    if reason := setting_fault():
        field = "BEHEER_MAIL_KIND" if reason == NO_SUCH_KIND else "BEHEER_MAIL_SERVICE"
        raise InputError(Problem(_("No item can be opened for a mail: %s.") % reason_text(reason), field))
    reporter = User.objects.filter(email__iexact=mail.from_address, is_active=True).first()
    text = mail.text or mail.subject or "–"
    if before is not None:
        text = f"{text}\n\n({before.number})"
    values = {"title": (mail.subject or text)[:250], "description": text, "impact": 3, "urgency": 2}
    if settings.MAIL_SERVICE:
        values["service"] = settings.MAIL_SERVICE
    if reporter is not None:
        values["requester"] = reporter.username
    item = create(
        actor=SYSTEM,
        kind=settings.MAIL_KIND,
        values=values,
        now=now,
        channel=Channel.MAIL,
        requester_email=mail.from_address,
    )
    _keep_files(mail.files, item, None, now)
    return item


def _add(mail: Mail, item: Item, now: datetime) -> None:
    name = mail.from_name or mail.from_address
    message = reply(
        actor=SYSTEM,
        item=item,
        text=mail.text or "–",
        now=now,
        channel=Channel.MAIL,
        mail_id=mail.message_id[:250],
        author_name=name[:250],
    )
    _keep_files(mail.files, item, message, now)
    if _answers_us(mail, item):
        wake(actor=SYSTEM, item=item, now=now)


def _answers_us(mail: Mail, item: Item) -> bool:
    """Whether the reporter answers a mail of ours: only who got that knows its Message-ID."""
    reporter = item.requester.email if item.requester is not None else item.requester_email
    ours = MailOut.objects.filter(item=item, mail_id__in=mail.refers_to, to_address__iexact=mail.from_address)
    return bool(reporter) and reporter.lower() == mail.from_address and ours.exists()


def _note(mail: Mail, item: Item, reason: str, now: datetime) -> None:
    with translation.override(settings.LANGUAGE_CODE):
        words = {"who": mail.from_address or "?", "reason": reason_text(reason)}
        head = _("E-mail of %(who)s (%(reason)s):") % words
    comment(
        actor=SYSTEM,
        item=item,
        text=f"{head}\n\n{mail.text}",
        now=now,
        channel=Channel.MAIL,
    )


def _keep_files(found: tuple[File, ...], item: Item, message: Message | None, now: datetime) -> None:
    """Add the files; one that may not be kept is named in a note, and stays in the raw mail."""
    refused = []
    for file in found:
        try:
            attach(
                actor=SYSTEM,
                item=item,
                name=file.name,
                content=file.content,
                now=now,
                message=message,
                is_public=True,
            )
        except InputError as error:
            refused.append((file.name, error))
    if refused:
        with translation.override(settings.LANGUAGE_CODE):
            lines = [f"{name}: {' '.join(problems_told(error))}" for name, error in refused]
            text = "\n".join([_("Not kept with this item, only in the raw mail:"), *lines])
        comment(actor=SYSTEM, item=item, text=text, now=now, channel=Channel.MAIL)
