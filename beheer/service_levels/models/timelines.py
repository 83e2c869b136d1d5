"""A cache of what is known of services, packed, so that ten thousand are read as quickly as ten."""

from __future__ import annotations

from django.db import models

from beheer.catalogue.models import Service

NOT_PACKED = -1


class ServiceTimeline(models.Model):
    """A cache: all states that one service has had, and the windows and corrections that hold, as arrays. Can be thrown
    away; without a row the same is read from the rows.

    Whole numbers of 64 bits, little-endian, instants in microseconds. `states`: four times the instant of each change
    plus the state from then on, beginning with "unknown" before all time. `confirmed` and `last_good` are of that
    length, or empty where they say the same instants. `marks`: rows of what it is, start, end, and when a window was
    announced or what a correction makes; of a window that recurs its id and nothing more. Made from `changes` rows of
    StateChange, of which `last_change_id` is the newest (NOT_PACKED: states are still to be packed).
    """

    service = models.OneToOneField(
        Service, on_delete=models.CASCADE, primary_key=True, related_name="timeline"
    )
    changes = models.PositiveIntegerField(default=0)
    last_change_id = models.BigIntegerField(default=NOT_PACKED, db_index=True)
    states = models.BinaryField(default=b"")
    marks = models.BinaryField(default=b"")
    confirmed = models.BinaryField(default=b"")
    last_good = models.BinaryField(default=b"")
