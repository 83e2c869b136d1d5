"""What is kept of judging: a cache of figures, and the changes of verdict that were told to people."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import Service
from beheer.service_levels.models.agreements import Norm


class Verdict(models.TextChoices):
    """How a norm stands."""

    MET = "met", _("Met")
    AT_RISK = "at_risk", _("At risk")
    BREACHED = "breached", _("Breached")
    NO_DATA = "no_data", _("No data")


class Judgement(models.Model):
    """A cache: how one norm stands in one period, for one service or (service empty) for all of them together.

    Can be thrown away; it is computed again from the facts. `figures` and `facts` are those of the outcome.
    `is_whole`: it says how the norm stands: of all services together, or of the only one.
    `is_losing`: it gets worse as time passes. `is_stale`: facts changed since.
    """

    norm = models.ForeignKey(Norm, on_delete=models.CASCADE, related_name="judgements")
    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, null=True, blank=True, related_name="judgements"
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    judged_until = models.DateTimeField(_("judged until"))
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict)
    value = models.FloatField(_("figure"), null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    allowed_s = models.FloatField(null=True)
    consumed_s = models.FloatField(null=True)
    burn = models.FloatField(null=True)
    figures = models.JSONField(default=dict)
    facts = models.JSONField(default=dict)
    is_whole = models.BooleanField(default=False)
    is_losing = models.BooleanField(default=False)
    is_stale = models.BooleanField(default=False)

    class Meta:
        ordering = ["norm", "service"]
        indexes = [
            models.Index(fields=["service", "ends_at"], name="judgements_by_service"),
            models.Index(
                fields=["norm", "starts_at"], condition=Q(is_whole=True), name="judgements_of_norms"
            ),
            models.Index(
                fields=["norm", "starts_at", "value"],
                condition=Q(service__isnull=False),
                name="judgements_by_value",
            ),
            models.Index(fields=["judged_until"], name="judgements_by_pass"),
            models.Index(fields=["norm"], condition=Q(is_stale=True), name="judgements_that_are_stale"),
            models.Index(
                fields=["norm"], condition=Q(judged_until__lt=F("ends_at")), name="judgements_still_open"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["norm", "service", "starts_at"],
                nulls_distinct=False,
                name="a_norm_is_judged_once_per_service_and_period",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="a_judged_period_has_length"
            ),
        ]


class VerdictChange(models.Model):
    """One time that a norm's verdict became another one in a period. Appended only."""

    norm = models.ForeignKey(Norm, on_delete=models.CASCADE, related_name="verdict_changes")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    starts_at = models.DateTimeField(_("period from"))
    previous = models.CharField(max_length=10, blank=True)
    verdict = models.CharField(_("verdict"), max_length=10, choices=Verdict)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    recorded_at = models.DateTimeField(_("recorded"))
    told_at = models.DateTimeField(_("told"), null=True, blank=True)

    class Meta:
        ordering = ["-recorded_at", "-pk"]
        indexes = [models.Index(fields=["norm", "recorded_at"], name="verdict_changes_by_norm")]
