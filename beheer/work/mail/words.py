"""What is said of mails on the screen, in the language of the reader."""

from __future__ import annotations

from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, pgettext_lazy

from beheer.work.models.mail import MailIn, MailOut

# Why a mail ended as it did: kept in English as the rules give it, and worded for who reads it.
REASONS = (
    gettext_noop("a mail of our own that came back"),
    gettext_noop("our mail could not be delivered"),
    gettext_noop("an automatic answer"),
    gettext_noop("no sender is named"),
    gettext_noop("more than 20 mails an hour from one sender: it looks like a loop"),
    gettext_noop("the mail server found that the sender is not who it says"),
    gettext_noop("the item it answers is closed"),
    gettext_noop("the sender has no part in this item"),
    gettext_noop("larger than BEHEER_MAIL_MOST_BYTES; it is left in the mailbox"),
    gettext_noop("taken up by hand"),
    gettext_noop("no service is set that mails are about: set BEHEER_MAIL_SERVICE to the key of a service"),
    gettext_noop("BEHEER_MAIL_SERVICE names a service that is not there: make it, or name another"),
    gettext_noop("BEHEER_MAIL_KIND names a kind of work that is not there: name another"),
    gettext_noop("it could not be taken in"),
)

# Where a mail that goes out stands.
SENT, RETURNED = Q(sent_at__isnull=False, error=""), Q(sent_at__isnull=False) & ~Q(error="")
WAITING, FAILED = Q(sent_at=None, next_at__isnull=False), Q(sent_at=None, next_at=None)
STATES = {
    "waiting": (pgettext_lazy("mail", "waiting"), "warn"),
    "sent": (pgettext_lazy("mail", "sent"), "good"),
    "returned": (pgettext_lazy("mail", "returned"), "bad"),
    "failed": (pgettext_lazy("mail", "failed"), "bad"),
}
OUTCOME_TONES = {"opened": "good", "added": "good", "noted": "info", "left": "muted"}


def reason_text(reason: str) -> str:
    """Why a mail ended as it did."""
    return _(reason) if reason in REASONS else reason


def why(row: MailIn) -> str:
    """Why a mail that came in ended as it did, with what went wrong."""
    return ": ".join(part for part in (reason_text(row.reason), row.problem) if part)


def with_state(rows: QuerySet[MailOut]) -> QuerySet[MailOut]:
    """Mails with `state`: waiting, sent, returned (it bounced) or failed."""
    return rows.annotate(
        state=Case(
            When(SENT, then=Value("sent")),
            When(RETURNED, then=Value("returned")),
            When(WAITING, then=Value("waiting")),
            default=Value("failed"),
            output_field=CharField(),
        )
    )
