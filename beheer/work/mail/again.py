"""Trying mails again that could not be taken in, once with each change of the settings."""

from __future__ import annotations

import logging
from datetime import datetime

from beheer.lib.errors import BeheerError, Conflict
from beheer.work.mail.incoming import AT_ONCE, STORE_TROUBLE, fault_of, take_in_again
from beheer.work.mail.standing import settings_now
from beheer.work.models.mail import MailIn

log = logging.getLogger("beheer.work.mail")


def take_in_left(now: datetime) -> int:
    """Take in what could not be before and was not tried with the settings of now, the oldest first. Gives how many."""
    waiting = MailIn.objects.exclude(tried_with__in=("", settings_now()))
    return sum(try_again(row, now) for row in waiting.order_by("received_at", "pk")[:AT_ONCE])


def try_again(row: MailIn, now: datetime) -> bool:
    """Whether a mail is taken in now; where not, the reason of now stands with it.

    Raises: OSError, OperationalError where the store itself is in trouble.
    """
    try:
        take_in_again(row, now)
    except Conflict:
        return False  # another worker was first
    except STORE_TROUBLE:
        raise
    except Exception as error:
        if not isinstance(error, BeheerError):
            log.exception("A mail that was left alone could not be taken in")
        MailIn.objects.filter(pk=row.pk).exclude(tried_with="").update(**fault_of(error))
        return False
    return True
