"""What was found: the state now, and every change of it."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import Service
from beheer.monitoring.models.checks import Check


class State(models.TextChoices):
    """How a service or a check is. `off` is only for checks: from then on it has no say in its service's state."""

    UP = "up", _("up")
    DEGRADED = "degraded", _("degraded")
    DOWN = "down", _("down")
    UNKNOWN = "unknown", _("unknown")
    OFF = "off", _("not counted")


class CheckState(models.Model):
    """One check now: its confirmed state, its last result, and what is on the way to be confirmed.

    `is_pending`: no result came yet and none is overdue, so it has no say. `waiting` holds the results that are not
    confirmed yet as [[µs since 1970, outcome], …]; `recent` the last 21 outcomes, a letter each (u g d ?).
    `stale_at`: when nothing is known any more unless a result comes; None when that was dealt with already.
    """

    component = models.OneToOneField(Check, on_delete=models.CASCADE, primary_key=True, related_name="state")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UNKNOWN)
    since_at = models.DateTimeField(_("since"))
    is_pending = models.BooleanField(default=True)
    is_flapping = models.BooleanField(_("flapping"), default=False)
    last_good_at = models.DateTimeField(null=True)
    last_measured_at = models.DateTimeField(_("last result"), null=True)
    last_outcome = models.CharField(max_length=10, blank=True)
    last_message = models.TextField(blank=True)
    last_duration_s = models.FloatField(null=True)
    received_at = models.DateTimeField(null=True)
    stale_at = models.DateTimeField(null=True, db_index=True)
    waiting = models.JSONField(default=list)
    recent = models.CharField(max_length=21, blank=True)

    class Meta:
        indexes = [models.Index(fields=["state", "since_at"], name="monitoring_state_since")]


class ServiceState(models.Model):
    """One service now: the newest of its own state changes, for boards and lists."""

    service = models.OneToOneField(
        Service, on_delete=models.CASCADE, primary_key=True, related_name="monitored_state"
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.UNKNOWN)
    since_at = models.DateTimeField(_("since"))
    reason = models.TextField(_("reason"), blank=True)
    cause_service = models.ForeignKey(Service, on_delete=models.SET_NULL, null=True, related_name="+")
    cause_check = models.ForeignKey(Check, on_delete=models.SET_NULL, null=True, related_name="+")
    is_flapping = models.BooleanField(_("flapping"), default=False)


class StateChange(models.Model):
    """One change of state: of a check (a component), or, where `component` is empty, of the service itself.

    (`check` is taken: Django gives every model a method of that name.)

    Rows are added, never edited, and read in the order in which they were recorded: a row says how things are from
    `first_bad_at` on, and so replaces what earlier rows said of that time (results can arrive late).
    `queries.timelines` reads them so. A row whose state is its previous state tells of another cause or of flapping.

    `first_bad_at`: when the first result of the new state was measured (also when the new state is up).
    `last_good_at`: the last measurement before that; None without one.
    `confirmed_at`: when the confirming result was measured. `recorded_at`: when the row was written.
    `cause_service`, `cause_check`: nearest the cause by the dependency map; None when the state is up.
    `claimed_by_work_at`: when the room above took it up; None until then.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="state_changes")
    component = models.ForeignKey(Check, on_delete=models.CASCADE, null=True, related_name="state_changes")
    state = models.CharField(_("state"), max_length=10, choices=State)
    previous_state = models.CharField(_("previous state"), max_length=10, choices=State)
    first_bad_at = models.DateTimeField(_("from"))
    last_good_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(_("confirmed"))
    recorded_at = models.DateTimeField(_("recorded"), db_index=True)
    reason = models.TextField(_("reason"), blank=True)
    cause_service = models.ForeignKey(Service, on_delete=models.SET_NULL, null=True, related_name="+")
    cause_check = models.ForeignKey(Check, on_delete=models.SET_NULL, null=True, related_name="+")
    is_flapping = models.BooleanField(_("flapping"), default=False)
    is_simulated = models.BooleanField(_("simulated"), default=False)
    claimed_by_work_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["service", "first_bad_at"], name="monitoring_change_service"),
            models.Index(fields=["component", "first_bad_at"], name="monitoring_change_check"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="off") | Q(component__isnull=False), name="only_a_check_can_be_off"
            )
        ]

    @property
    def happened_at(self) -> datetime:
        """When the new state began, by its first result."""
        return self.first_bad_at
