"""What is measured, and by whom."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from beheer.catalogue.models import ConfigurationItem, Service
from beheer.permissions.rules import Grant

SLOWEST_S = 31 * 86_400
DELIVERY_S = 15  # what a result may need from the agent to the store


class Agent(models.Model):
    """One process that runs checks and sends results: the local one, or one elsewhere. Only its token's hash is kept.

    `own` holds the figures it gave of itself with its last batch (spool_bytes, lag_s, …).
    """

    key = models.SlugField(_("key"), unique=True, help_text=_("Short name, used in files and addresses."))
    name = models.CharField(_("name"), max_length=100)
    token_hash = models.CharField(max_length=64, unique=True)
    is_local = models.BooleanField(
        _("runs checks without an agent of their own"),
        default=False,
        help_text=_("At most one agent is: the one on the server itself."),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    created_at = models.DateTimeField()
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    own = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_local"], condition=Q(is_local=True), name="at_most_one_agent_is_local"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def actor_id(self) -> int | None:
        """An agent is no person."""
        return None

    @property
    def actor_name(self) -> str:
        """What the audit trail shows."""
        return f"agent:{self.key}"

    def grants(self) -> Sequence[Grant]:
        """It may report, as long as it is enabled."""
        return (Grant("agent"),) if self.is_enabled else ()


class CheckGroup(models.Model):
    """Checks of one service that stand in for each other: `needed` of them suffice for the service to be up."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="check_groups")
    name = models.CharField(_("name"), max_length=80)
    needed = models.PositiveSmallIntegerField(_("needed"), default=1, validators=[MinValueValidator(1)])

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "name"], name="a_check_group_has_one_name_in_its_service"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Check(models.Model):
    """One thing that is measured again and again, of one service. A removed check stays for its history.

    `settings` are those of its kind; `conditions` lists by outcome ("down", "degraded", "unknown") what must hold.
    `version` counts changes; agents name it with each result.
    """

    key = models.SlugField(_("key"), max_length=80, help_text=_("Short name, used in files and addresses."))
    name = models.CharField(_("name"), max_length=150)
    description = models.TextField(
        _("description"), blank=True, help_text=_("What to know, and what to do when it fails.")
    )
    kind = models.CharField(_("kind"), max_length=30)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    conditions = models.JSONField(_("conditions"), default=dict, blank=True)
    interval_s = models.PositiveIntegerField(
        _("interval in seconds"),
        default=60,
        validators=[MinValueValidator(1), MaxValueValidator(SLOWEST_S)],
    )
    timeout_s = models.FloatField(
        _("timeout in seconds"), default=10, validators=[MinValueValidator(0.1), MaxValueValidator(3600)]
    )
    confirm_after = models.PositiveSmallIntegerField(
        _("confirm after"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text=_("So many results in a row must be bad before the state gets worse."),
    )
    recover_after = models.PositiveSmallIntegerField(
        _("recover after"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text=_("So many results in a row must be better before the state gets better."),
    )
    service = models.ForeignKey(
        Service, on_delete=models.CASCADE, related_name="checks", verbose_name=_("service")
    )
    item = models.ForeignKey(
        ConfigurationItem,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="checks",
        verbose_name=_("configuration item"),
    )
    group = models.ForeignKey(
        CheckGroup,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="checks",
        verbose_name=_("redundant group"),
    )
    agent = models.ForeignKey(
        Agent,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="checks",
        verbose_name=_("agent"),
        help_text=_("Empty: the agent on the server itself."),
    )
    is_enabled = models.BooleanField(_("enabled"), default=True)
    is_simulated = models.BooleanField(_("simulated"), default=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(editable=False)
    changed_at = models.DateTimeField(editable=False, db_index=True)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(removed_at=None),
                name="a_check_that_is_not_removed_has_its_key_alone",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_counted(self) -> bool:
        """Whether it runs and has a say in its service's state."""
        return self.is_enabled and self.removed_at is None

    @property
    def allowance_s(self) -> float:
        """Seconds after its last result at which nothing is known of it any more: two missed turns."""
        return 2.0 * self.interval_s + self.timeout_s + DELIVERY_S


class Heartbeat(models.Model):
    """The address of one heartbeat check. The token follows from the check and `generation`; only its hash is kept.

    The instants say when the job last called, by what it said; None: never. `said` is what came with its last call.
    """

    component = models.OneToOneField(
        Check, on_delete=models.CASCADE, primary_key=True, related_name="heartbeat"
    )
    generation = models.PositiveIntegerField(default=1)
    token_hash = models.CharField(max_length=64, unique=True)
    started_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)
    said = models.TextField(blank=True)
    watched_since = models.DateTimeField()


class Batch(models.Model):
    """One batch of results that an agent sent and that was stored; kept so that the same batch is stored once."""

    id = models.UUIDField(primary_key=True)
    agent = models.ForeignKey(Agent, on_delete=models.SET_NULL, null=True, related_name="batches")
    received_at = models.DateTimeField(db_index=True)
    stored = models.PositiveIntegerField(default=0)
    ignored = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "batches"
