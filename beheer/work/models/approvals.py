"""Decisions by others, bound to what they decided on."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from beheer.people.models import User
from beheer.work.models.items import Item


class ApprovalState(models.TextChoices):
    """What became of it."""

    ASKED = "asked", _("asked")
    GRANTED = "granted", _("approved")
    REFUSED = "refused", _("refused")
    LAPSED = "lapsed", _("lapsed")


class Approval(models.Model):
    """One time that an approval of the kind was asked for an item. `digest` says what was laid before the deciders."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="approvals")
    key = models.SlugField(max_length=40)
    state = models.CharField(max_length=10, choices=ApprovalState, default=ApprovalState.ASKED)
    digest = models.CharField(max_length=64)
    bound = models.JSONField(default=dict)
    asked_at = models.DateTimeField(_("asked"))
    asked_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["item", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "key"],
                condition=models.Q(state="asked"),
                name="an_approval_is_asked_once_at_a_time",
            )
        ]


class Decision(models.Model):
    """One person's yes or no in an approval, for one group of it; `for_user` is who was stood in for."""

    approval = models.ForeignKey(Approval, on_delete=models.CASCADE, related_name="decisions")
    group = models.PositiveSmallIntegerField(default=0)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    for_user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    is_approved = models.BooleanField()
    reason = models.TextField(_("reason"), blank=True)
    decided_at = models.DateTimeField()

    class Meta:
        ordering = ["approval", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["approval", "user"], name="a_person_decides_once_in_an_approval"),
            models.CheckConstraint(
                condition=models.Q(is_approved=True) | ~models.Q(reason=""), name="a_refusal_has_a_reason"
            ),
        ]


class Deputy(models.Model):
    """One person may decide for another in a stretch of time."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="deputies")
    deputy = models.ForeignKey(User, on_delete=models.CASCADE, related_name="deputy_for")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(person=models.F("deputy")), name="nobody_is_their_own_deputy"
            ),
            models.CheckConstraint(
                condition=models.Q(starts_at__lt=models.F("ends_at")),
                name="a_deputy_stretch_ends_after_it_starts",
            ),
        ]
