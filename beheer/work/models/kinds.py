"""Kinds of work as they were published, and the targets of their clocks."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import Customer, Service


class KindVersion(models.Model):
    """One published version of a kind's file. Items keep the version they were made with."""

    key = models.SlugField(_("kind"), max_length=40)
    version = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("file"))
    digest = models.CharField(max_length=64)
    is_built_in = models.BooleanField(_("comes with Beheer"), default=False)
    is_current = models.BooleanField(_("for new items"), default=True)
    published_at = models.DateTimeField(_("published"))
    published_by = models.CharField(_("published by"), max_length=150)

    class Meta:
        ordering = ["key", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["key", "version"], name="a_kind_has_each_version_once"),
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(is_current=True), name="a_kind_has_one_current_version"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.version}"


class Target(models.Model):
    """How long a clock may take, beside the table that comes with Beheer: for a priority, service or customer.

    The most specific row that fits counts: service and customer before service, before customer, before neither.
    `target_s` None says that no target holds there.
    """

    kind = models.SlugField(_("kind"), max_length=40)
    clock = models.SlugField(_("clock"), max_length=40)
    priority = models.PositiveSmallIntegerField(_("priority"), null=True, blank=True)
    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, null=True, blank=True, verbose_name=_("service"), related_name="+"
    )
    customer = models.ForeignKey(
        Customer,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        verbose_name=_("customer"),
        related_name="+",
    )
    target_s = models.PositiveIntegerField(_("target in seconds"), null=True, blank=True)
    calendar = models.TextField(
        _("calendar"),
        blank=True,
        help_text=_("A calendar of the table, or the reference of a text; empty: the one of the table."),
    )
    source = models.CharField(_("where it comes from"), max_length=150, blank=True)

    class Meta:
        ordering = ["kind", "clock", "priority"]
        constraints = [
            models.UniqueConstraint(
                F("kind"),
                F("clock"),
                Coalesce("priority", 0),
                Coalesce("service", Value(0, models.BigIntegerField())),
                Coalesce("customer", Value(0, models.BigIntegerField())),
                name="a_target_is_given_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.clock} {self.priority or ''}".rstrip()


class CalendarText(models.Model):
    """The text of a calendar that targets came with, kept for good: clocks of the past are read by it.

    Targets and events name it as `text:<digest>`.
    """

    digest = models.CharField(max_length=64, unique=True)
    text = models.TextField()


class Renewal(models.Model):
    """One change of targets that running items are still to be told of; `position` is the last item that was.

    `service` and `customer` None: whatever they are.
    """

    kind = models.SlugField(max_length=40)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, null=True, related_name="+")
    position = models.BigIntegerField(default=0)
    made_at = models.DateTimeField()
