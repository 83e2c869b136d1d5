"""The audit trail."""

from __future__ import annotations

from django.db import models


class Entry(models.Model):
    """One deed. Each entry's hash covers its content and the hash before it, so that a changed row shows."""

    at = models.DateTimeField(db_index=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150)
    verb = models.CharField(max_length=80, db_index=True)
    subject = models.CharField(max_length=200, db_index=True)
    changes = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["-id"]


class Head(models.Model):
    """The end of the chain: one row, locked while an entry is added."""

    last_id = models.BigIntegerField(default=0)
    last_hash = models.CharField(max_length=64, default="")
