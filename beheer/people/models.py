"""People: who they are, in which teams, with which roles."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from beheer.permissions.rules import ROLES, Grant


class User(AbstractUser):
    """One person who can sign in: staff, an ICT user, an auditor. Is an Actor."""

    email = models.EmailField(_("e-mail address"), unique=True)
    display_name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=5, blank=True, choices=settings.LANGUAGES)
    must_change_password = models.BooleanField(_("must choose a new password"), default=False)
    is_simulated = models.BooleanField(_("simulated"), default=False)

    REQUIRED_FIELDS = ["email"]
    token_is_read_only = False  # set where somebody comes in by a token

    class Meta:
        ordering = ["username"]

    def __str__(self) -> str:
        return self.display_name or self.username

    @property
    def actor_id(self) -> int | None:
        """The person's id, for the audit trail."""
        return self.pk

    @property
    def actor_name(self) -> str:
        """The person's user name, for the audit trail."""
        return self.username

    def grants(self) -> Sequence[Grant]:
        """The roles held now; nobody inactive holds any. Read once per request."""
        if not self.is_active:
            return ()
        if not hasattr(self, "_grants"):
            rows = self.role_grants.values_list("role", "team_id", "service_id")
            self._grants: tuple[Grant, ...] = tuple(Grant(*row) for row in rows)
        return self._grants


class Team(models.Model):
    """A group of people that work is handed to."""

    key = models.SlugField(_("key"), unique=True, help_text=_("Short name, used in files and addresses."))
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail address"), blank=True)
    members = models.ManyToManyField(User, through="Membership", related_name="teams")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """One person is in one team."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    is_lead = models.BooleanField(_("leads the team"), default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "user"], name="a_person_is_in_a_team_once")]


class RoleGrant(models.Model):
    """One person holds one role: everywhere, for one team, or for one service.

    The service is given by id: services stand in a room above.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_grants")
    role = models.CharField(_("role"), max_length=30, choices=[(role, role) for role in ROLES])
    team = models.ForeignKey(
        Team, on_delete=models.CASCADE, null=True, blank=True, related_name="role_grants"
    )
    service_id = models.BigIntegerField(_("service"), null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "team", "service_id"],
                nulls_distinct=False,
                name="a_role_is_granted_once",
            )
        ]


class KnowledgeLevel(models.IntegerChoices):
    """How well somebody knows a service and its products."""

    SOME = 1, _("knows it")
    WELL = 2, _("knows it well")
    EXPERT = 3, _("expert")


class Knowledge(models.Model):
    """One person knows one service and its products so well. Used for proposing who does work; no judgement."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="knows")
    service_id = models.BigIntegerField(_("service"))
    level = models.PositiveSmallIntegerField(_("how well"), choices=KnowledgeLevel)

    class Meta:
        ordering = ["-level", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "service_id"], name="a_person_knows_a_service_once")
        ]
        indexes = [models.Index(fields=["service_id"], name="knowledge_by_service")]


class Absence(models.Model):
    """One stretch of days on which somebody is not there, the last one too. Why is not kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("up to and including"))

    class Meta:
        ordering = ["starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")),
                name="an_absence_does_not_end_before_it_begins",
            )
        ]


class ApiToken(models.Model):
    """A token with which a program acts for a person, with that person's rights at most. Only its hash is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    is_read_only = models.BooleanField(_("may only read"), default=True)
    created_at = models.DateTimeField()
    ends_at = models.DateTimeField(_("ends"))
    last_used_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
