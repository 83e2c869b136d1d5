"""Sealed reports, and what people write for them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from beheer.people.models import User
from beheer.service_levels.models.agreements import Agreement


class Finding(models.Model):
    """One thing that a person found or concluded about an agreement in a period. Never edited, only withdrawn."""

    class Kind(models.TextChoices):
        """What it is."""

        FINDING = "finding", _("finding")
        CONCLUSION = "conclusion", _("conclusion")

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="findings")
    starts_at = models.DateTimeField(_("period from"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.FINDING)
    text = models.TextField(_("text"))
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    recorded_at = models.DateTimeField(_("recorded"))
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        ordering = ["recorded_at", "pk"]

    def __str__(self) -> str:
        return self.text


class Measure(models.Model):
    """One measure that a finding or conclusion starts; with the number of its work item, where there is one."""

    finding = models.ForeignKey(Finding, on_delete=models.CASCADE, related_name="measures")
    text = models.CharField(_("measure"), max_length=300)
    owner = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    due_on = models.DateField(_("ready on"), null=True, blank=True)
    work_item = models.CharField(_("work item"), max_length=40, blank=True)
    # Empty: recorded with its finding by an earlier version, whose reports tell nothing of the item but its number.
    recorded_at = models.DateTimeField(_("recorded"), null=True, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text


class Report(models.Model):
    """One version of one sealed report. `content` is the canonical JSON over which `sha256` was computed."""

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="reports")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    version = models.PositiveIntegerField(_("version"), default=1)
    cut_off = models.DateTimeField(_("cut-off"), help_text=_("What had been recorded by then is in it."))
    content = models.TextField()
    sha256 = models.CharField(max_length=64)
    differences = models.JSONField(_("differences"), default=list)
    sealed_at = models.DateTimeField(_("sealed"))
    sealed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    checked_at = models.DateTimeField(_("facts looked at"), null=True, blank=True)
    is_simulated = models.BooleanField(_("simulated"), default=False)

    class Meta:
        ordering = ["-starts_at", "agreement", "-version"]
        verbose_name = _("report")
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "starts_at", "ends_at", "version"],
                name="a_report_has_each_version_once",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="a_report_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(cut_off__gte=F("ends_at")), name="a_report_is_cut_off_after_its_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement} {self.starts_at:%Y-%m-%d} v{self.version}"


class ReportDelivery(models.Model):
    """One report to be sent to one address, and how that went."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="deliveries")
    recipient = models.EmailField(_("to"))
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField()
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["report", "recipient"], name="a_report_goes_to_an_address_once")
        ]
