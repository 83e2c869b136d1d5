"""What people keep of lists, and when nothing may be changed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import Service
from beheer.people.models import User


class SavedFilter(models.Model):
    """One question to the list of work, kept by one person, perhaps for all."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="work_filters")
    name = models.CharField(_("name"), max_length=80)
    query = models.TextField(_("filter"), blank=True)
    is_shared = models.BooleanField(_("for everybody"), default=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="a_filter_has_one_name_with_its_owner")
        ]

    def __str__(self) -> str:
        return self.name


class Freeze(models.Model):
    """One stretch in which nothing is changed; without services it holds for all."""

    name = models.CharField(_("name"), max_length=120)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    services = models.ManyToManyField(Service, blank=True, related_name="+", verbose_name=_("services"))

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(starts_at__lt=models.F("ends_at")), name="a_freeze_ends_after_it_starts"
            )
        ]

    def __str__(self) -> str:
        return self.name
