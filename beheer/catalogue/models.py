"""What the team looks after, for whom, and what needs what."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from beheer.people.models import Team, User


class Criticality(models.IntegerChoices):
    """How much the institution suffers when the service is away."""

    LOW = 1, _("low")
    MEDIUM = 2, _("medium")
    HIGH = 3, _("high")
    CRITICAL = 4, _("business-critical")


class Effect(models.TextChoices):
    """What becomes of a service when what it needs is down."""

    DOWN = "down", _("it is down")
    DEGRADED = "degraded", _("it is degraded")


class Customer(models.Model):
    """One party with whom service levels are agreed: a faculty, a department, the whole institution."""

    key = models.SlugField(_("key"), unique=True, help_text=_("Short name, used in files and addresses."))
    name = models.CharField(_("name"), max_length=150)
    contact = models.CharField(_("contact"), max_length=150, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    is_simulated = models.BooleanField(_("simulated"), default=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """One IT service that customers use, or that other services need."""

    key = models.SlugField(_("key"), unique=True, help_text=_("Short name, used in files and addresses."))
    name = models.CharField(_("name"), max_length=150)
    description = models.TextField(_("description"), blank=True)
    criticality = models.PositiveSmallIntegerField(
        _("criticality"), choices=Criticality, default=Criticality.MEDIUM
    )
    users_served = models.PositiveIntegerField(_("users served"), default=0)
    owner = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="services_owned",
        verbose_name=_("owner"),
    )
    team = models.ForeignKey(
        Team,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="services",
        verbose_name=_("team"),
    )
    customers = models.ManyToManyField(
        Customer, blank=True, related_name="services", verbose_name=_("customers")
    )
    is_public = models.BooleanField(_("shown to ICT users"), default=True)
    is_simulated = models.BooleanField(_("simulated"), default=False)
    retired_on = models.DateField(_("retired on"), null=True, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class ConfigurationItem(models.Model):
    """One thing that is under control: a host, an application, a network device, a database, a certificate."""

    key = models.SlugField(_("key"), unique=True, help_text=_("Short name, used in files and addresses."))
    name = models.CharField(_("name"), max_length=150)
    kind = models.CharField(
        _("kind"), max_length=40, default="host", help_text=_("host, application, database, network, …")
    )
    address = models.CharField(_("address"), max_length=253, blank=True)
    service = models.ForeignKey(
        Service,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="items",
        verbose_name=_("part of service"),
    )
    details = models.JSONField(_("details"), default=dict, blank=True)
    is_simulated = models.BooleanField(_("simulated"), default=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RedundancyGroup(models.Model):
    """Some of the things a service needs that stand in for each other: `needed` of them suffice."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="redundancy_groups")
    name = models.CharField(_("name"), max_length=80)
    needed = models.PositiveSmallIntegerField(_("needed"), default=1)
    effect = models.CharField(_("when fewer are up"), max_length=10, choices=Effect, default=Effect.DOWN)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "name"], name="a_group_has_one_name_in_its_service")
        ]

    def __str__(self) -> str:
        return self.name


class Dependency(models.Model):
    """One service needs another service, alone or as one of a redundant group."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="dependencies")
    needs = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="dependents")
    effect = models.CharField(_("when it is down"), max_length=10, choices=Effect, default=Effect.DOWN)
    group = models.ForeignKey(
        RedundancyGroup, on_delete=models.CASCADE, null=True, blank=True, related_name="dependencies"
    )

    class Meta:
        verbose_name_plural = "dependencies"
        constraints = [
            models.UniqueConstraint(fields=["service", "needs"], name="a_service_needs_another_once"),
            models.CheckConstraint(condition=~Q(service=F("needs")), name="a_service_does_not_need_itself"),
        ]


class MapVersion(models.Model):
    """One row: a number that changes whenever dependencies do, so that readers may keep the map in memory."""

    number = models.BigIntegerField(default=0)
