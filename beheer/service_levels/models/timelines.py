"""A cache of what is known of services, packed, so that ten thousand are read as quickly as ten."""

from __future__ import annotations

from django.db import models

from beheer.catalogue.models import Service

NOT_PACKED = -1


class ServiceTimeline(models.Model):
    """A cache: all states that one service has had, and the windows and corrections that hold, as arrays. Can be thrown
    away; without a row the same is read from the rows.

    Whole numbers of 64 bits, little-endian, instants in microseconds; `state` a byte each. `at` and `state` are of one
    length and begin with "unknown" before all time; so are `confirmed` and `last_good`, or empty where they say what
    `at` says. `windows` and `corrections` are rows of start, end and announced or what it makes; `recurring` the ids of
    windows that recur. Made from `changes` rows of StateChange, of which `last_change_id` is the newest (NOT_PACKED:
    states are still to be packed).
    """

    service = models.OneToOneField(
        Service, on_delete=models.CASCADE, primary_key=True, related_name="timeline"
    )
    changes = models.PositiveIntegerField(default=0)
    last_change_id = models.BigIntegerField(default=NOT_PACKED, db_index=True)
    at = models.BinaryField(default=b"")
    state = models.BinaryField(default=b"")
    windows = models.BinaryField(default=b"")
    recurring = models.BinaryField(default=b"")
    corrections = models.BinaryField(default=b"")
    confirmed = models.BinaryField(default=b"")
    last_good = models.BinaryField(default=b"")
