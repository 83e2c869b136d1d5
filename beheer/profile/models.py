"""Posts and who holds them; the table of levels; grading cases with what was answered, shown, advised and
decided.

People and teams stand in a room above: they are referred to by name.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from beheer.profile.case_rules import ROLES, STATES
from beheer.profile.levels import COMPLEXITIES, STEPS


class Post(models.Model):
    """One post in the organisation, whoever holds it. Its level is that of the last definite decision."""

    key = models.SlugField(_("key"), unique=True, help_text=_("Short name, used in files and addresses."))
    title = models.CharField(_("title"), max_length=150)
    team = models.ForeignKey(
        "people.Team",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="posts",
        verbose_name=_("team"),
    )
    description = models.TextField(_("description"), blank=True)
    profile_code = models.CharField(_("function profile"), max_length=30, default="0403")
    level = models.PositiveSmallIntegerField(
        _("level"), null=True, blank=True, help_text=_("1 is the heaviest. Empty: not graded yet.")
    )
    level_since = models.DateField(_("level since"), null=True, blank=True)
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    is_simulated = models.BooleanField(_("simulated"), default=False)

    class Meta:
        ordering = ["title", "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(level__isnull=True) | Q(level__gte=1), name="a_level_begins_at_1"
            )
        ]

    def __str__(self) -> str:
        return self.title


class PostAssignment(models.Model):
    """One person holds one post from a day on, until another (not included) or still."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="assignments")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="post_assignments",
        verbose_name=_("person"),
    )
    since = models.DateField(_("from"))
    until = models.DateField(_("until"), null=True, blank=True)

    class Meta:
        ordering = ["-since", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
                name="an_assignment_ends_after_it_begins",
            ),
            models.UniqueConstraint(fields=["post", "user", "since"], name="an_assignment_is_made_once"),
        ]


class LevelPermission(models.Model):
    """The lightest level that may take a step in work of a complexity, where the institution set its own."""

    complexity = models.CharField(
        _("complexity"), max_length=20, choices=[(one, one) for one in COMPLEXITIES]
    )
    step = models.CharField(_("step"), max_length=20, choices=[(one, one) for one in STEPS])
    level = models.PositiveSmallIntegerField(_("lightest level that may"))

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["complexity", "step"], name="a_step_has_one_level_for_a_complexity"
            ),
            models.CheckConstraint(condition=Q(level__gte=1), name="a_permitted_level_begins_at_1"),
        ]


class GradingTerms(models.Model):
    """The institution's terms, in days: one row."""

    reservations_days = models.PositiveSmallIntegerField(_("days to state reservations"), default=28)
    hearing_days = models.PositiveSmallIntegerField(_("days to hold the hearing"), default=28)
    decision_days = models.PositiveSmallIntegerField(_("days to decide"), default=42)
    objection_days = models.PositiveSmallIntegerField(_("days to object"), default=28)


class GradingCase(models.Model):
    """One grading of one post: described, answered, advised, decided provisionally, then definitely.

    Only its participants see it. `profile_text` is the profile as it read when the case was opened.
    """

    reference = models.CharField(_("reference"), max_length=30, unique=True)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="cases", verbose_name=_("post"))
    profile_text = models.JSONField()
    applies = models.BooleanField(_("the profile applies"), null=True)
    motivation = models.TextField(_("why the profile applies, or does not"), blank=True)
    areas = models.JSONField(_("result areas"), default=list, blank=True)
    choices = models.JSONField(_("readings"), default=dict, blank=True)
    state = models.CharField(
        _("state"), max_length=20, choices=[(one, one) for one in STATES], default="draft"
    )
    level = models.PositiveSmallIntegerField(_("level decided"), null=True, blank=True)
    version = models.PositiveSmallIntegerField(_("version"), default=1)
    revision = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(_("opened"))
    provisional_at = models.DateTimeField(null=True, blank=True)
    agreed_at = models.DateTimeField(null=True, blank=True)
    reservations_at = models.DateTimeField(null=True, blank=True)
    heard_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    objection_at = models.DateTimeField(null=True, blank=True)
    terms = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-opened_at", "-pk"]

    def __str__(self) -> str:
        return self.reference


class CaseParticipant(models.Model):
    """One person takes part in one case, in one part. Nobody else sees the case."""

    case = models.ForeignKey(GradingCase, on_delete=models.CASCADE, related_name="participants")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="case_parts",
        verbose_name=_("person"),
    )
    role = models.CharField(_("part"), max_length=20, choices=[(one, one) for one in ROLES])

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["case", "user"], name="a_person_has_one_part_in_a_case"),
        ]


class CaseDuty(models.Model):
    """One duty of the post within a result area. It counts if it was demonstrably assigned and is not
    temporary.
    """

    case = models.ForeignKey(GradingCase, on_delete=models.CASCADE, related_name="duties")
    area = models.PositiveSmallIntegerField(_("result area"))
    text = models.TextField(_("duty"))
    assigned_by = models.CharField(_("assigned by"), max_length=150, blank=True)
    assigned_on = models.DateField(_("assigned on"), null=True, blank=True)
    proof = models.CharField(
        _("proof of assignment"),
        max_length=300,
        blank=True,
        help_text=_("The document in which it was assigned."),
    )
    is_temporary = models.BooleanField(_("temporary"), default=False)

    class Meta:
        ordering = ["area", "pk"]


class CaseAnswer(models.Model):
    """One criterion answered for one case. `answer` is a level, a list of levels, or null: no text
    describes the post.
    """

    case = models.ForeignKey(GradingCase, on_delete=models.CASCADE, related_name="answers")
    criterion = models.CharField(_("criterion"), max_length=80)
    answer = models.JSONField(_("answer"), null=True)
    motivation = models.TextField(_("motivation"), blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "criterion"], name="a_criterion_is_answered_once_in_a_case"
            )
        ]


class CaseEvidence(models.Model):
    """One piece of evidence with a criterion: written by a person, or measured by a named query over a
    period.
    """

    case = models.ForeignKey(GradingCase, on_delete=models.CASCADE, related_name="evidence")
    criterion = models.CharField(_("criterion"), max_length=80)
    text = models.TextField(_("what it shows"))
    query = models.CharField(_("query"), max_length=120, blank=True)
    since = models.DateTimeField(_("from"), null=True, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    limits = models.TextField(_("what it does not prove"), blank=True)

    class Meta:
        ordering = ["pk"]


class CaseEvent(models.Model):
    """One step that was taken in a case, with what was written. Never changed."""

    case = models.ForeignKey(GradingCase, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    step = models.CharField(max_length=30)
    version = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    level = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["at", "pk"]


class CaseVersion(models.Model):
    """What was submitted for advice and decision: all of it, as it stood, with the outcome of the rule."""

    case = models.ForeignKey(GradingCase, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveSmallIntegerField()
    made_at = models.DateTimeField()
    content = models.JSONField()

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="a_version_has_one_number")]
