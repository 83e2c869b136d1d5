"""What a person does about a mail: send it again, or make work of one that was left alone."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from beheer.audit.actions import record
from beheer.lib.errors import Conflict, InputError, Problem
from beheer.permissions.rules import Actor, require
from beheer.work import files
from beheer.work.mail.addresses import address_for
from beheer.work.mail.again import try_again
from beheer.work.mail.incoming import open_for, own_mark
from beheer.work.mail.reading import read_mail
from beheer.work.mail.words import why
from beheer.work.models import Item, MailIn, MailOut
from beheer.work.models.mail import Outcome
from beheer.work.standing import require_on

SEE = "work.see_mail"


@transaction.atomic
def retry_mail(*, actor: Actor, mail: MailOut, now: datetime) -> MailOut:
    """Send a mail now that waits for its next attempt or was given up, to the reporter's address as it is by now.

    Raises: NotAllowed; Conflict where it was sent; InputError where who reads it has no address any more.
    """
    require_on(actor, "work.comment", mail.item)
    row = MailOut.objects.select_for_update().get(pk=mail.pk)
    if row.sent_at is not None:
        raise Conflict(_("This mail was sent already."))
    address = address_for(row)
    if not address:
        remedy = _("Fill in the address on their account.")
        raise InputError(Problem(_("Who is to read it has no e-mail address."), "to", remedy))
    row.to_address, row.next_at, row.attempts = address, now, 0
    row.save(update_fields=["to_address", "next_at", "attempts"])
    changes = {"mail": row.pk, "to": address}
    record(actor=actor, verb="work.retry_mail", subject=f"work:{row.item.number}", changes=changes, now=now)
    return row


@transaction.atomic
def take_up_mail(*, actor: Actor, mail: MailIn, now: datetime) -> Item:
    """Open an item for a mail that was left alone, such as one that looked like a loop and was none.

    Raises: NotAllowed; Conflict where it is with an item already; NotFound where the raw mail was not kept.
    """
    require(actor, SEE)
    require(actor, "work.create")
    row = MailIn.objects.select_for_update().get(pk=mail.pk)
    if row.outcome != Outcome.LEFT:
        raise Conflict(_("This mail is with an item already."))
    item = open_for(read_mail(files.content_of(row.digest), own_mark=own_mark()), None, now)
    row.outcome, row.reason, row.item = Outcome.OPENED, "taken up by hand", item
    row.problem = row.tried_with = ""
    row.save(update_fields=["outcome", "reason", "item", "problem", "tried_with"])
    changes = {"mail": row.pk, "item": item.number}
    record(actor=actor, verb="work.take_up_mail", subject=f"work:{item.number}", changes=changes, now=now)
    return item


def take_in_mail(*, actor: Actor, mail: MailIn, now: datetime) -> MailIn:
    """Take in a mail now that could not be taken in before, by the same rules as one that comes now.

    Where it still cannot be, the reason of now is kept with it. Raises: NotAllowed; Conflict where it does not wait
    for that; InputError with the reason.
    """
    require(actor, SEE)
    require(actor, "work.create")
    mail.refresh_from_db()
    if not mail.tried_with:
        raise Conflict(_("This mail does not wait to be taken in."))
    is_done = try_again(mail, now)
    mail.refresh_from_db()
    if not is_done:
        remedy = _("Mend that, and take it in again.")
        raise InputError(Problem(_("The mail cannot be taken in: %s.") % why(mail), "mail", remedy))
    changes = {"mail": mail.pk, "item": mail.item.number if mail.item else None}
    record(actor=actor, verb="work.take_in_mail", subject=f"mail:{mail.pk}", changes=changes, now=now)
    return mail
