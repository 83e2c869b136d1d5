"""What was counted of items, so that statistics need not read every event again. A cache, made from the events."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from beheer.catalogue.models import Customer, Service
from beheer.people.models import Team
from beheer.work.models.items import Item


class ItemFigures(models.Model):
    """The figures of one item as it stood when it was last counted. Days are local days of the institution.

    Seconds are of clock time. `solve_s` is from opening to the last solving; the others are stretches in it. What an
    item waited for its reporter stands in `waiting_user_s` too. Seconds per line leave out the time spent solved.
    `response_met` and `resolution_met`: whether these clocks met their target; None without target or not stopped.
    """

    item = models.OneToOneField(Item, on_delete=models.CASCADE, primary_key=True, related_name="figures")
    kind = models.SlugField(max_length=40, db_index=False)
    team = models.ForeignKey(Team, on_delete=models.CASCADE, null=True, db_index=False, related_name="+")
    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, null=True, db_index=False, related_name="+"
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, null=True, db_index=False, related_name="+"
    )
    priority = models.PositiveSmallIntegerField()
    line = models.CharField(max_length=10)
    opened_on = models.DateField()
    ended_on = models.DateField(null=True)
    solve_s = models.FloatField(null=True)
    waiting_s = models.FloatField(default=0)
    waiting_user_s = models.FloatField(default=0)
    first_s = models.FloatField(default=0)
    second_s = models.FloatField(default=0)
    supplier_s = models.FloatField(default=0)
    reopened = models.PositiveIntegerField(default=0)
    hand_overs = models.PositiveIntegerField(default=0)
    is_ping_pong = models.BooleanField(default=False)
    response_met = models.BooleanField(null=True)
    resolution_met = models.BooleanField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["opened_on"], name="figures_by_opening"),
            models.Index(fields=["ended_on"], name="figures_by_end"),
            models.Index(
                fields=["opened_on", "kind"], name="figures_of_open_work", condition=Q(ended_on__isnull=True)
            ),
        ]


class StateTime(models.Model):
    """How long one item stood in one state, in all, in seconds of clock time; the state it is in now not counted."""

    figures = models.ForeignKey(ItemFigures, on_delete=models.CASCADE, related_name="states")
    state = models.SlugField(max_length=40, db_index=False)
    seconds = models.FloatField()
    visits = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["figures", "state"], name="a_state_of_an_item_is_counted_once")
        ]
