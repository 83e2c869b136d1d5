"""Who is told what, by which way, and what became of it."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import Service
from beheer.notifications.events import SEVERITIES
from beheer.people.models import Team, User


class Channel(models.Model):
    """One way to reach somebody or some program: a mailbox, a web address."""

    key = models.SlugField(_("key"), unique=True, help_text=_("Short name, used in files and addresses."))
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=20)
    user = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="channels",
        verbose_name=_("person"),
        help_text=_("Whose channel this is; empty: nobody's in particular."),
    )
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    secret = models.TextField(blank=True, editable=False)  # sealed; see channels/sealing.py
    language = models.CharField(_("language"), max_length=5, blank=True, choices=django_settings.LANGUAGES)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("quiet until"), null=True, blank=True)
    critical_passes = models.BooleanField(_("critical messages pass in quiet hours"), default=True)
    gather_s = models.PositiveIntegerField(
        _("gather for, in seconds"),
        default=20,
        help_text=_(
            "Messages that come within this time go together. Critical ones go at once, and take along the rest."
        ),
    )
    is_enabled = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="quiet_hours_have_a_start_and_an_end",
                violation_error_message=_("Quiet hours need both a start and an end."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Subscription(models.Model):
    """A channel is told about some events, of some services or teams or of all."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="subscriptions")
    events = models.JSONField(_("events"), default=list, blank=True)
    least_severity = models.CharField(
        _("at least"), max_length=10, choices=list(SEVERITIES.items()), default="info"
    )
    services = models.ManyToManyField(Service, blank=True, related_name="+", verbose_name=_("services"))
    teams = models.ManyToManyField(Team, blank=True, related_name="+", verbose_name=_("teams"))

    class Meta:
        ordering = ["pk"]


class Message(models.Model):
    """One thing that was told. `title` and `body` hold the text in each language: {"nl": …, "en": …}."""

    event = models.CharField(_("event"), max_length=40)
    subject = models.CharField(_("about"), max_length=200)
    key = models.CharField(max_length=200, db_index=True)
    title = models.JSONField(default=dict)
    body = models.JSONField(default=dict)
    severity = models.CharField(_("severity"), max_length=10, choices=list(SEVERITIES.items()))
    service = models.ForeignKey(Service, on_delete=models.SET_NULL, null=True, related_name="+")
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, related_name="+")
    path = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["-id"]

    def text(self, language: str) -> tuple[str, str]:
        """Title and body in this language, or in English."""
        return (
            self.title.get(language) or self.title.get("en", ""),
            self.body.get(language) or self.body.get("en", ""),
        )


class DeliveryState(models.TextChoices):
    """Where a delivery stands."""

    WAITING = "waiting", _("waiting")
    SENDING = "sending", _("being sent")
    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("failed")


class Delivery(models.Model):
    """One message goes, or went, by one channel. A row of the outbox."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState, default=DeliveryState.WAITING)
    next_at = models.DateTimeField(null=True)  # when it is due; while it is being sent, when the claim ends
    claim = models.UUIDField(null=True, default=None, db_index=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    delivered_at = models.DateTimeField(_("delivered"), null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["message", "channel"], name="a_message_goes_by_a_channel_once")
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                condition=Q(state__in=["waiting", "sending"]),
                name="deliveries_that_are_due",
            )
        ]


class Attempt(models.Model):
    """One try to deliver. `error` is empty where it succeeded."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="tries")
    tried_at = models.DateTimeField()
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
