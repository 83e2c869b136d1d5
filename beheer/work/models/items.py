"""Items of work, and what they are about."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from beheer.catalogue.models import ConfigurationItem, Customer, Service
from beheer.people.models import Team, User
from beheer.work.models.kinds import KindVersion
from beheer.work.models.requests import RequestModel


class Phase(models.TextChoices):
    """Where in its life an item is, whatever its kind calls the state."""

    OPEN = "open", _("open")
    WAITING = "waiting", _("waiting")
    SOLVED = "solved", _("solved")
    CLOSED = "closed", _("closed")


class Degree(models.IntegerChoices):
    """Impact and urgency."""

    HIGH = 1, _("high")
    MEDIUM = 2, _("medium")
    LOW = 3, _("low")


class Complexity(models.TextChoices):
    """How hard the work is, as the criteria of the profile put it; level 4 does routine, level 1 very complex work."""

    ROUTINE = "routine", _("routine")
    NORMAL = "normal", _("normal")
    COMPLEX = "complex", _("complex")
    VERY_COMPLEX = "very_complex", _("very complex")


class Line(models.TextChoices):
    """Who has it in hand."""

    FIRST = "first", _("first line")
    SECOND = "second", _("second line")
    SUPPLIER = "supplier", _("supplier")


class Channel(models.TextChoices):
    """By which way something came in."""

    PAGE = "page", _("page")
    PORTAL = "portal", _("portal")
    MAIL = "mail", _("e-mail")
    MONITORING = "monitoring", _("monitoring")
    API = "api", _("API")
    IMPORT = "import", _("import")


class Number(models.Model):
    """How far the numbering of one prefix has come in one year."""

    prefix = models.CharField(max_length=6)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["prefix", "year"], name="a_prefix_is_numbered_once_a_year")
        ]


class Item(models.Model):
    """One item of work of any kind. State, team, person and instants are what its events add up to.

    Columns with `db_index=False` are the first of an index under `Meta`, which finds them as well.
    """

    number = models.CharField(pgettext_lazy("work", "number"), max_length=24, unique=True)
    kind = models.SlugField(_("kind"), max_length=40, db_index=False)
    definition = models.ForeignKey(KindVersion, on_delete=models.PROTECT, related_name="items_of_work")
    state = models.SlugField(_("state"), max_length=40, db_index=False)
    phase = models.CharField(_("phase"), max_length=10, choices=Phase, default=Phase.OPEN)
    title = models.CharField(_("title"), max_length=250)
    description = models.TextField(_("description"), blank=True)
    service = models.ForeignKey(
        Service,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="work",
        verbose_name=_("service"),
    )
    customer = models.ForeignKey(
        Customer,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="work",
        verbose_name=_("customer"),
    )
    requester = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="work_requested",
        verbose_name=_("reported by"),
    )
    requester_email = models.EmailField(_("e-mail address of the reporter"), blank=True)
    team = models.ForeignKey(
        Team,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="work",
        verbose_name=_("team"),
    )
    assignee = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="work_assigned",
        verbose_name=_("assigned to"),
    )
    line = models.CharField(_("line"), max_length=10, choices=Line, default=Line.FIRST)
    impact = models.PositiveSmallIntegerField(_("impact"), choices=Degree, default=Degree.LOW)
    urgency = models.PositiveSmallIntegerField(_("urgency"), choices=Degree, default=Degree.MEDIUM)
    priority = models.PositiveSmallIntegerField(_("priority"), default=4)
    complexity = models.CharField(
        _("complexity"), max_length=15, choices=Complexity, default=Complexity.NORMAL
    )
    planned_start = models.DateTimeField(_("planned start"), null=True, blank=True)
    planned_end = models.DateTimeField(_("planned end"), null=True, blank=True)
    values = models.JSONField(_("fields of its kind"), default=dict, blank=True)
    services = models.ManyToManyField(
        Service, through="AffectedService", related_name="work_affecting", verbose_name=_("services affected")
    )
    items = models.ManyToManyField(
        ConfigurationItem, through="ItemThing", related_name="work", verbose_name=_("configuration items")
    )
    channel = models.CharField(_("came in by"), max_length=12, choices=Channel, default=Channel.PAGE)
    opened_at = models.DateTimeField(pgettext_lazy("work", "opened"))
    changed_at = models.DateTimeField(_("changed"))
    solved_at = models.DateTimeField(_("solved"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    state_since = models.DateTimeField(_("in this state since"))
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    is_service_back = models.BooleanField(_("the service is back"), default=False)
    is_simulated = models.BooleanField(_("simulated"), default=False)
    request_model = models.ForeignKey(
        RequestModel,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="requests",
        verbose_name=_("catalogue item"),
    )
    shared_with = models.ForeignKey(
        Team,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("shared with"),
    )
    satisfaction = models.PositiveSmallIntegerField(_("satisfaction"), null=True, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    is_counted = models.BooleanField(
        default=False, db_default=False
    )  # whether its row of figures says how it stands now

    class Meta:
        ordering = ["-opened_at", "-pk"]
        indexes = [
            models.Index(fields=["phase", "-opened_at", "-id"], name="work_by_phase"),
            models.Index(fields=["kind", "phase", "-opened_at", "-id"], name="work_by_kind"),
            models.Index(fields=["kind", "team", "-opened_at", "-id"], name="work_by_kind_and_team"),
            models.Index(fields=["state", "kind", "-opened_at", "-id"], name="work_by_state"),
            models.Index(fields=["assignee", "phase", "-opened_at", "-id"], name="work_by_assignee"),
            models.Index(fields=["team", "phase", "-opened_at", "-id"], name="work_by_team"),
            models.Index(fields=["service", "phase", "-opened_at", "-id"], name="work_by_service"),
            models.Index(fields=["requester", "-opened_at", "-id"], name="work_by_requester"),
            models.Index(fields=["-opened_at", "-id"], name="work_by_opening"),
            models.Index(fields=["-changed_at", "-id"], name="work_by_change"),
            models.Index(fields=["priority", "-opened_at", "-id"], name="work_by_priority"),
            models.Index(fields=["priority", "id"], name="work_in_order_of_priority"),
            models.Index(
                fields=["kind", "state", "priority", "-opened_at", "-id"],
                name="work_on_board",
                condition=Q(closed_at__isnull=True),
            ),
            models.Index(fields=["id"], name="work_to_be_counted", condition=Q(is_counted=False)),
            models.Index(fields=["due_at"], name="work_by_due", condition=Q(due_at__isnull=False)),
            models.Index(
                fields=["planned_start"], name="work_by_plan", condition=Q(planned_start__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(phase__in=Phase.values), name="an_item_is_in_a_known_phase"),
            models.CheckConstraint(
                condition=Q(planned_end__isnull=True) | Q(planned_start__lt=F("planned_end")),
                name="a_plan_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"


class AffectedService(models.Model):
    """One service that an item also touches, beside the one it is about."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="affected")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    state = models.CharField(_("state"), max_length=10, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["item", "service"], name="an_item_names_a_service_once")
        ]


class ItemThing(models.Model):
    """One configuration item that an item of work is about."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="things")
    thing = models.ForeignKey(ConfigurationItem, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "thing"], name="an_item_names_a_thing_once")]


class LinkKind(models.TextChoices):
    """How one item stands to another, read from the first to the second."""

    RELATES_TO = "relates_to", _("relates to")
    CAUSED_BY = "caused_by", _("is caused by")
    DUPLICATES = "duplicates", _("is a duplicate of")
    CHILD_OF = "child_of", _("is part of")
    BLOCKS = "blocks", _("blocks")
    SOLVES = "solves", _("solves")
    IMPLEMENTS = "implements", _("carries out")
    TESTS = "tests", _("tests")
    ACCEPTS = "accepts", _("accepts")
    DOCUMENTS = "documents", _("documents")


class Link(models.Model):
    """One item stands to another in one way."""

    source = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="links_out")
    target = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="links_in")
    kind = models.CharField(_("kind"), max_length=12, choices=LinkKind)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "target", "kind"], name="two_items_are_linked_once_a_way"
            ),
            models.CheckConstraint(condition=~Q(source=F("target")), name="an_item_is_not_linked_to_itself"),
        ]


class Task(models.Model):
    """One thing to tick off within an item."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="tasks")
    key = models.SlugField(max_length=40, blank=True)
    title = models.CharField(_("task"), max_length=250)
    position = models.PositiveSmallIntegerField(default=0)
    is_required = models.BooleanField(_("required"), default=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)
    done_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["item", "key"], condition=~Q(key=""), name="a_task_of_the_kind_is_made_once"
            )
        ]

    def __str__(self) -> str:
        return self.title
