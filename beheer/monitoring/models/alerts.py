"""What an Alertmanager tells us."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from beheer.permissions.rules import Grant


class AlertSource(models.Model):
    """One Alertmanager that tells us of its alerts. Only the hash of its secret is kept.

    `heard_at`: when it last delivered something we could read. `refused`: what was wrong with the last delivery that
    we could not read, and when; empty once one was read again.
    """

    key = models.SlugField(_("key"), unique=True, help_text=_("Short name, used in files and addresses."))
    name = models.CharField(_("name"), max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    created_at = models.DateTimeField()
    heard_at = models.DateTimeField(_("last heard of"), null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    refused = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("source of alerts")

    def __str__(self) -> str:
        return self.name

    @property
    def actor_id(self) -> int | None:
        """A source is no person."""
        return None

    @property
    def actor_name(self) -> str:
        """What the audit trail shows."""
        return f"alerts:{self.key}"

    def grants(self) -> Sequence[Grant]:
        """It may report, as long as it is enabled."""
        return (Grant("alert_source"),) if self.is_enabled else ()


class Alert(models.Model):
    """One alert of a source, as its last delivery told it; `fingerprint` is its name there.

    `ends_at` None: it is firing. `is_mapped`: a check takes it up; what no check takes up stays here to be seen.
    """

    source = models.ForeignKey(
        AlertSource, on_delete=models.CASCADE, related_name="alerts", verbose_name=_("source")
    )
    fingerprint = models.CharField(max_length=64)
    name = models.CharField(_("alert"), max_length=200, blank=True)
    labels: models.JSONField[dict[str, str]] = models.JSONField(_("labels"), default=dict)
    annotations: models.JSONField[dict[str, Any]] = models.JSONField(_("annotations"), default=dict)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    url = models.CharField(max_length=500, blank=True)
    first_heard_at = models.DateTimeField()
    heard_at = models.DateTimeField(_("last told"))
    is_mapped = models.BooleanField(_("taken up by a check"), default=False)

    class Meta:
        ordering = ["-starts_at", "pk"]
        verbose_name = _("alert")
        indexes = [models.Index(fields=["source", "ends_at"], name="alerts_of_a_source")]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "fingerprint"], name="a_source_tells_of_an_alert_in_one_row"
            )
        ]

    def __str__(self) -> str:
        return self.name
