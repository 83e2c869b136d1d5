"""Everything that happened to an item, and what its clocks read."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from beheer.people.models import Team, User
from beheer.work.models.items import Item


class Verb(models.TextChoices):
    """What happened."""

    CREATED = "created", pgettext_lazy("work", "opened")
    STEP = "step", _("step taken")
    CHANGED = "changed", _("changed")
    ASSIGNED = "assigned", _("assigned")
    HANDED_OVER = "handed_over", _("handed over")
    NOTE = "note", _("note")
    REPLY = "reply", _("reply")
    MESSAGE = "message", _("message from the reporter")
    LINKED = "linked", _("linked")
    UNLINKED = "unlinked", _("link removed")
    ATTACHED = "attached", _("file added")
    TASK = "task", _("task")
    APPROVAL_ASKED = "approval_asked", _("approval asked")
    APPROVED = "approved", _("approved")
    REFUSED = "refused", _("refused")
    APPROVAL_LAPSED = "approval_lapsed", _("approval lapsed")
    DEADLINE = "deadline", _("deadline fixed")
    TARGETS = "targets", _("other targets hold")
    SERVICE_DOWN = "service_down", _("service affected")
    SERVICE_BACK = "service_back", _("service is back")
    CAUSE_MOVED = "cause_moved", _("nearer to the cause")
    SATISFACTION = "satisfaction", _("satisfaction given")


class Event(models.Model):
    """One thing that happened to an item. Never changed, never removed: every figure on work is a function of these.

    `happened_at` is when it happened, `recorded_at` when Beheer was told. `state`, `phase`, `line`, `team`, `assignee`
    are what held after it, so that times per state, line and team are the stretches between events. `data` holds the
    rest: "changes" {field: [old, new]}, "reason", "message" (its id), and what an import brought with it.

    Events are found by their item, by time and by what happened; other columns have no index, since every event ever
    written would pay for it.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, db_index=False, related_name="events")
    position = models.PositiveIntegerField()
    happened_at = models.DateTimeField(_("at"))
    recorded_at = models.DateTimeField()
    verb = models.CharField(_("what"), max_length=20, choices=Verb)
    actor = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    actor_name = models.CharField(_("by"), max_length=150)
    step = models.SlugField(db_index=False, max_length=40, blank=True)
    from_state = models.SlugField(db_index=False, max_length=40, blank=True)
    state = models.SlugField(db_index=False, max_length=40)
    phase = models.CharField(max_length=10)
    line = models.CharField(max_length=10, blank=True)
    team = models.ForeignKey(
        Team, on_delete=models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    assignee = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, db_index=False, related_name="+"
    )
    priority = models.PositiveSmallIntegerField(default=4)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["item", "position"]
        indexes = [
            models.Index(fields=["happened_at", "id"], name="events_by_time"),
            models.Index(fields=["verb", "happened_at"], name="events_by_verb"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["item", "position"], name="events_of_an_item_stand_in_a_row")
        ]


class ClockRow(models.Model):
    """What a clock of an item read when something last happened to it: a cache, made from the events.

    `due_at` None: not started, paused, cancelled or without target. Seconds are agreed seconds of the calendar.
    """

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="clocks")
    key = models.SlugField(max_length=40)
    state = models.CharField(max_length=12)
    started_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    target_s = models.FloatField(null=True, blank=True)
    elapsed_s = models.FloatField(default=0)
    remaining_s = models.FloatField(null=True, blank=True)
    is_breached = models.BooleanField(default=False)
    is_fixed = models.BooleanField(default=False)
    read_at = models.DateTimeField()

    class Meta:
        ordering = ["item", "key"]
        indexes = [models.Index(fields=["state", "due_at"], name="clocks_by_due")]
        constraints = [models.UniqueConstraint(fields=["item", "key"], name="an_item_has_a_clock_once")]
