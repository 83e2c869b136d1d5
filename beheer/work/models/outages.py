"""Outages that work answers: which incident stands for which stretch of which service being away."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import Service
from beheer.people.models import Team
from beheer.work.models.items import Item


class Outage(models.Model):
    """One stretch in which one service was not up, and the incident that stands for it. `ended_at` None: still so."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="outages")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="outages")
    started_at = models.DateTimeField(_("since"))
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)
    worst = models.CharField(_("worst state"), max_length=10)
    is_cause = models.BooleanField(_("nearest the cause"), default=False)

    class Meta:
        ordering = ["-started_at"]
        indexes = [models.Index(fields=["service", "-ended_at"], name="outages_by_end")]
        constraints = [
            models.UniqueConstraint(
                fields=["service"],
                condition=models.Q(ended_at__isnull=True),
                name="a_service_has_one_outage_at_a_time",
            )
        ]


class ServiceRule(models.Model):
    """How work answers the outages of one service, where that differs from what the kind says."""

    service = models.OneToOneField(Service, on_delete=models.CASCADE, related_name="work_rule")
    opens_incidents = models.BooleanField(_("opens incidents"), default=True)
    when_back = models.CharField(
        _("when the service is back"),
        max_length=10,
        blank=True,
        choices=[("resolve", _("resolve the incident")), ("ask", _("ask for closure"))],
    )
    reopen_within_s = models.PositiveIntegerField(_("reopens within seconds"), null=True, blank=True)
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
