"""What makes time count otherwise: planned windows and corrections. Never edited; ended, and followed by another."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import Customer, Service
from beheer.people.models import User

LONGEST_UID, LONGEST_REASON, LONGEST_RECURRENCE = 300, 300, 4000


class State(models.TextChoices):
    """How far the decision about a deviation is."""

    PROPOSED = "proposed", _("proposed")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("withdrawn")


class PlannedWindow(models.Model):
    """One announced time of maintenance of some services, once or recurring.

    A window entered in advance holds at once; one entered after it began waits for a second person, as a correction.
    A changed window is a new row that `replaces` the old one, so that an earlier report can be rerun.
    """

    # Of iCalendar; a window that replaces another keeps it, and so does the version number that calendars go by.
    uid = models.CharField(max_length=LONGEST_UID)
    sequence = models.PositiveIntegerField(default=0)
    services = models.ManyToManyField(Service, related_name="planned_windows", verbose_name=_("services"))
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    timezone = models.CharField(_("time zone"), max_length=64, default="Europe/Amsterdam")
    recurrence = models.CharField(
        _("recurrence"),
        max_length=LONGEST_RECURRENCE,
        blank=True,
        help_text=_("RFC 5545, e.g. FREQ=MONTHLY;BYDAY=2TU."),
    )
    left_out = models.JSONField(
        _("left out"), default=list, blank=True
    )  # starts (ISO, UTC) of those left out
    announced_at = models.DateTimeField(_("announced"))
    notified = models.ManyToManyField(
        Customer, blank=True, related_name="planned_windows", verbose_name=_("customers told")
    )
    reason = models.CharField(_("reason"), max_length=LONGEST_REASON)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.APPROVED)
    author = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decision = models.CharField(_("reason of the decision"), max_length=300, blank=True)
    recorded_at = models.DateTimeField(_("recorded"))
    approved_at = models.DateTimeField(_("holds since"), null=True, blank=True)
    ended_at = models.DateTimeField(_("cancelled or refused"), null=True, blank=True)
    replaces = models.OneToOneField(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replaced_by"
    )
    is_simulated = models.BooleanField(_("simulated"), default=False)

    class Meta:
        ordering = ["-starts_at", "pk"]
        verbose_name = _("planned window")
        indexes = [
            models.Index(fields=["ends_at", "starts_at"], name="windows_by_end"),
            models.Index(fields=["starts_at", "id"], name="windows_by_start"),
            models.Index(
                fields=["ends_at", "starts_at"],
                condition=Q(approved_at__isnull=False, ended_at__isnull=True, recurrence=""),
                name="windows_that_hold_once",
            ),
            models.Index(
                fields=["starts_at"],
                condition=Q(approved_at__isnull=False, ended_at__isnull=True) & ~Q(recurrence=""),
                name="windows_that_recur",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="a_window_ends_after_it_starts",
                violation_error_message=_("A window must end after it starts."),
            ),
            models.UniqueConstraint(
                fields=["uid"],
                condition=Q(ended_at__isnull=True),
                name="a_window_that_holds_has_its_uid_alone",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(author__isnull=True) | ~Q(decided_by=F("author")),
                name="a_late_window_is_decided_by_another_person",
                violation_error_message=_("A second person decides about a window that was entered late."),
            ),
        ]

    def __str__(self) -> str:
        return self.reason


class Makes(models.TextChoices):
    """What a correction makes of an interval."""

    EXCLUDE = "exclude", _("not counted")
    UP = "up", _("up")
    DOWN = "down", _("down")
    DEGRADED = "degraded", _("degraded")


class Correction(models.Model):
    """One proposal that an interval of a service counts otherwise; holds once a second person approved it."""

    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, related_name="corrections", verbose_name=_("service")
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    makes = models.CharField(_("counts as"), max_length=10, choices=Makes)
    reason = models.CharField(_("reason"), max_length=500)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PROPOSED)
    author = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("author")
    )
    decided_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decision = models.CharField(_("reason of the decision"), max_length=500, blank=True)
    recorded_at = models.DateTimeField(_("proposed"))
    approved_at = models.DateTimeField(_("approved"), null=True, blank=True)
    ended_at = models.DateTimeField(_("refused or withdrawn"), null=True, blank=True)
    is_simulated = models.BooleanField(_("simulated"), default=False)

    class Meta:
        ordering = ["-starts_at", "pk"]
        verbose_name = _("correction")
        indexes = [models.Index(fields=["service", "ends_at"], name="corrections_by_service")]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="a_correction_ends_after_it_starts",
                violation_error_message=_("A correction must end after it starts."),
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | Q(author__isnull=True) | ~Q(decided_by=F("author")),
                name="a_correction_is_decided_by_another_person",
                violation_error_message=_("A second person decides about a correction."),
            ),
            models.CheckConstraint(
                condition=~Q(state=State.APPROVED) | Q(approved_at__isnull=False),
                name="an_approved_correction_says_since_when",
            ),
        ]

    def __str__(self) -> str:
        return self.reason
