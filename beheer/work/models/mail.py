"""Mails that came in and went out, so that each is dealt with once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from beheer.people.models import User
from beheer.work.models.conversation import Message
from beheer.work.models.items import Item


class Outcome(models.TextChoices):
    """What became of a mail that came in."""

    OPENED = "opened", _("opened an item")
    ADDED = "added", _("added to an item")
    NOTED = "noted", _("noted with an item")
    LEFT = "left", _("left alone")


class MailIn(models.Model):
    """One mail that came in. The raw mail is kept as a file under its digest; `reason` says why it ended so.

    `tried_with` is empty but for one that could not be taken in: then it is what the settings were at the last try,
    and `problem` tells what went wrong. It is tried again when they differ.
    """

    digest = models.CharField(max_length=64, unique=True)
    message_id = models.CharField(max_length=250, blank=True, db_index=True)
    from_address = models.CharField(_("from"), max_length=254, db_index=True)
    subject = models.CharField(_("subject"), max_length=250, blank=True)
    size_bytes = models.PositiveBigIntegerField(_("size"))
    received_at = models.DateTimeField(_("received"), db_index=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    problem = models.TextField(_("what went wrong"), blank=True)
    tried_with = models.CharField(max_length=64, blank=True, db_index=True)
    item = models.ForeignKey(Item, on_delete=models.SET_NULL, null=True, blank=True, related_name="mails_in")

    class Meta:
        ordering = ["-received_at", "-pk"]


class Occasion(models.TextChoices):
    """Why a mail goes out."""

    REPLY = "reply", _("reply")
    SOLVED = "solved", _("solved")
    OVER = "over", _("disturbance over")
    BACK = "back", _("disturbance back")


class MailOut(models.Model):
    """One mail that goes out: to the reporter a reply (`message`), or word that the item is solved.

    With `reader` it is for somebody who follows a disturbance: word that it is over, or back again.
    `sent_at` None: not yet, and where `next_at` is None too it was given up; `error` says what went wrong last.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="mails_out")
    occasion = models.CharField(_("occasion"), max_length=10, choices=Occasion, default=Occasion.REPLY)
    message = models.OneToOneField(
        Message, on_delete=models.CASCADE, null=True, blank=True, related_name="mail_out"
    )
    reader = models.ForeignKey(
        User, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("reader")
    )
    to_address = models.EmailField(_("to"))
    mail_id = models.CharField(max_length=250, db_index=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"), null=True, blank=True, db_index=True)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.CharField(_("what went wrong"), max_length=500, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(message__isnull=False) | ~models.Q(occasion="reply"),
                name="a_reply_by_mail_has_its_message",
            )
        ]
