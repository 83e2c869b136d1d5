"""What is said about an item, by whom, and who wants to hear of it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from beheer.people.models import User
from beheer.work.models.items import Channel, Item


class MessageKind(models.TextChoices):
    """Who may read it."""

    NOTE = "note", _("internal note")
    REPLY = "reply", _("reply to the reporter")
    MESSAGE = "message", _("message from the reporter")


class Message(models.Model):
    """One note, reply or incoming message. Notes are never shown to the reporter.

    `mail_id` is the Message-ID of the e-mail it came as or was sent as; empty when it was none.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="messages")
    kind = models.CharField(_("kind"), max_length=10, choices=MessageKind)
    channel = models.CharField(max_length=12, choices=Channel, default=Channel.PAGE)
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    author_name = models.CharField(_("by"), max_length=250)
    text = models.TextField(_("text"))
    written_at = models.DateTimeField(_("at"))
    mail_id = models.CharField(max_length=250, blank=True, db_index=True)

    class Meta:
        ordering = ["item", "written_at", "pk"]


class Attachment(models.Model):
    """One file that was added to an item. The file itself stands in the folder of files under its digest."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="attachments")
    message = models.ForeignKey(
        Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="attachments"
    )
    name = models.CharField(_("name"), max_length=200)
    media_type = models.CharField(_("type"), max_length=100)
    size_bytes = models.PositiveBigIntegerField(_("size"))
    digest = models.CharField(max_length=64)
    is_public = models.BooleanField(_("shown to the reporter"), default=False)
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["item", "pk"]

    def __str__(self) -> str:
        return self.name


class Watch(models.Model):
    """One person wants to hear what happens to an item."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="watches")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="watches")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "user"], name="a_person_watches_an_item_once")]


class MeToo(models.Model):
    """One person said that a disturbance hits them too, and follows it in the portal."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="me_too")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="me_too")
    said_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "user"], name="a_person_is_hit_by_a_disturbance_once")
        ]
