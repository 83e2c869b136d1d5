"""A cache of state changes as packed arrays, so that ten thousand services are read as quickly as ten."""

from __future__ import annotations

from django.db import models

from beheer.catalogue.models import Service


class ServiceTimeline(models.Model):
    """A cache: all states that one service has had, as arrays of one length, in order of time.

    `at`, `confirmed` and `last_good` are microseconds as little-endian 64-bit whole numbers, `state` a byte each.
    Made from `changes` rows of StateChange, of which `last_change_id` is the newest. Can be thrown away.
    """

    service = models.OneToOneField(
        Service, on_delete=models.CASCADE, primary_key=True, related_name="timeline"
    )
    changes = models.PositiveIntegerField(default=0)
    last_change_id = models.BigIntegerField(default=0, db_index=True)
    at = models.BinaryField(default=b"")
    state = models.BinaryField(default=b"")
    confirmed = models.BinaryField(default=b"")
    last_good = models.BinaryField(default=b"")
