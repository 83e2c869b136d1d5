"""What is agreed: calendars, agreements, norms."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import Customer, Service
from beheer.people.models import User


class Calendar(models.Model):
    """One named calendar of agreed time. `source` is the whole file as it stands now, with all its versions."""

    key = models.SlugField(_("key"), unique=True, help_text=_("Short name, used in files and addresses."))
    name = models.CharField(_("name"), max_length=150)
    source = models.TextField(
        _("calendar"), help_text=_("YAML: time zone, holidays, versions with hours, closed and open times.")
    )
    is_simulated = models.BooleanField(_("simulated"), default=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("calendar")

    def __str__(self) -> str:
        return self.name


class CalendarRevision(models.Model):
    """One text that a calendar has had, never changed afterwards. Time past is counted the same in each of them."""

    calendar = models.ForeignKey(Calendar, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField(_("version"))
    source = models.TextField(_("calendar"))
    author = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    recorded_at = models.DateTimeField(_("recorded"))

    class Meta:
        ordering = ["calendar", "number"]
        constraints = [
            models.UniqueConstraint(fields=["calendar", "number"], name="a_calendar_has_each_number_once")
        ]

    def __str__(self) -> str:
        return f"{self.calendar} v{self.number}"


class AgreementStatus(models.TextChoices):
    """How far an agreement is."""

    DRAFT = "draft", _("draft")
    ACTIVE = "active", _("in force")
    ENDED = "ended", _("ended")


class ReportPeriod(models.TextChoices):
    """How often a report is sealed."""

    NONE = "", _("no report")
    WEEK = "week", _("week")
    MONTH = "month", _("month")
    QUARTER = "quarter", _("quarter")
    YEAR = "year", _("year")


class Agreement(models.Model):
    """What is agreed with one customer about some services, from one local day to another."""

    key = models.SlugField(_("key"), unique=True, help_text=_("Short name, used in files and addresses."))
    name = models.CharField(_("name"), max_length=150)
    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="agreements", verbose_name=_("customer")
    )
    services = models.ManyToManyField(Service, related_name="agreements", verbose_name=_("services"))
    timezone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Amsterdam", help_text=_("Of its periods.")
    )
    calendar = models.ForeignKey(
        Calendar, on_delete=models.PROTECT, related_name="agreements", verbose_name=_("calendar")
    )
    starts_on = models.DateField(_("begins on"))
    ends_on = models.DateField(
        _("ends on"), null=True, blank=True, help_text=_("The last day. Empty: no end is agreed.")
    )
    status = models.CharField(
        _("status"), max_length=10, choices=AgreementStatus, default=AgreementStatus.ACTIVE
    )
    report_period = models.CharField(
        _("report each"), max_length=10, choices=ReportPeriod, default=ReportPeriod.MONTH, blank=True
    )
    report_delay_days = models.PositiveSmallIntegerField(
        _("seal after (days)"), default=5, help_text=_("Days after the period's end for corrections.")
    )
    report_recipients = models.TextField(
        _("send reports to"), blank=True, help_text=_("E-mail addresses, one a line.")
    )
    report_language = models.CharField(
        _("language of reports"),
        max_length=5,
        default="nl",
        choices=[("nl", _("Dutch")), ("en", _("English"))],
    )
    # When its sealed reports were last held against what was recorded since; empty: not yet.
    reports_looked_at = models.DateTimeField(null=True, blank=True, editable=False)
    # How long work on its services may take: [{"kind", "clock", "priority" (None: all), "within_s"}].
    work_targets = models.JSONField(_("targets of work"), default=list, blank=True)
    is_simulated = models.BooleanField(_("simulated"), default=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("agreement")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="an_agreement_does_not_end_before_it_begins",
                violation_error_message=_(
                    "An agreement cannot end before it begins. Choose a later last day."
                ),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Norm(models.Model):
    """One thing that is agreed: an indicator of some services, its target, its period, and how it is counted."""

    agreement = models.ForeignKey(
        Agreement, on_delete=models.CASCADE, related_name="norms", verbose_name=_("agreement")
    )
    key = models.SlugField(_("key"), help_text=_("Short name within the agreement."))
    name = models.CharField(_("name"), max_length=150)
    services = models.ManyToManyField(
        Service,
        blank=True,
        related_name="norms",
        verbose_name=_("services"),
        help_text=_("None: all services of the agreement."),
    )
    indicator = models.CharField(_("indicator"), max_length=40, default="availability")
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    target = models.FloatField(_("target"))
    period = models.CharField(
        _("period"),
        max_length=20,
        default="month",
        help_text=_("day, week, month, quarter, year or rolling 90d."),
    )
    rules = models.JSONField(_("accounting rules"), default=dict, blank=True)
    retired_on = models.DateField(_("retired on"), null=True, blank=True)

    class Meta:
        ordering = ["agreement", "key"]
        verbose_name = _("norm")
        constraints = [
            models.UniqueConstraint(fields=["agreement", "key"], name="a_norm_has_one_key_in_its_agreement")
        ]

    def __str__(self) -> str:
        return self.name
