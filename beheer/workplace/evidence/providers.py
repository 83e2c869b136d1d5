"""What can be said of a post from the rooms below. Every figure names its limits: it informs, and decides nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from beheer.audit.models import Entry
from beheer.catalogue.models import ConfigurationItem, Criticality, Service
from beheer.monitoring.queries import timelines
from beheer.profile.evidence import Proposal, register
from beheer.profile.models import Post
from beheer.service_levels.models import Norm
from beheer.ui.formats import duration_text, percent_text, plain_value
from beheer.work.models import Item
from beheer.workplace.evidence.rules import availability, stability


@dataclass(frozen=True, slots=True)
class Subject:
    """What a post is measured by: its team's services, and who held it in the period."""

    post: Post
    since: datetime
    until: datetime
    services: list[Service]
    holders: list[int]

    def proposal(self, query: str, criteria: tuple[str, ...], text: str, limits: str) -> Proposal:
        """A figure over this subject's period."""
        return Proposal(query, criteria, text, self.since, self.until, limits)


def subject(post: Post, since: datetime, until: datetime) -> Subject:
    """The services of the post's team that are in use, and the ids of who held the post in [since, until)."""
    services = (
        Service.objects.filter(team_id=post.team_id, retired_on=None)
        if post.team_id
        else Service.objects.none()
    )
    held = Q(until=None) | Q(until__gt=since.date())
    holders = post.assignments.filter(held, since__lt=until.date()).values_list("user_id", flat=True)
    return Subject(post, since, until, list(services), sorted(set(holders)))


@register
def propose(post: Post, since: datetime, until: datetime) -> list[Proposal]:
    """All figures there are on a post over [since, until)."""
    about = subject(post, since, until)
    found: list[Proposal | None] = []
    if about.services:
        found += [products_managed(about), users_served(about), demands(about), environment(about)]
    if about.holders:
        found += [
            work_by_complexity(about),
            proposals_made(about),
            deeds_on_access(about),
            changes_made(about),
        ]
    return [one for one in found if one is not None]


def products_managed(about: Subject) -> Proposal:
    """Number and kind of the products that the team looks after, and how many of them the holders own."""
    counts = dict.fromkeys(Criticality, 0)
    for service in about.services:
        counts[Criticality(service.criticality)] += 1
    kinds = (
        ConfigurationItem.objects.filter(service__in=about.services)
        .values_list("kind")
        .annotate(number=Count("pk"))
    )
    parts = ", ".join(f"{number} {level.label}" for level, number in reversed(counts.items()) if number)
    items = ", ".join(f"{number} {kind}" for kind, number in kinds.order_by("-number")[:6])
    owned = sum(1 for service in about.services if service.owner_id in about.holders)
    text = _(
        "The team looks after %(services)s services (by criticality: %(parts)s) with configuration items: %(items)s. "
        "Of these services the holder owns %(owned)s."
    ) % {"services": len(about.services), "parts": parts, "items": items or "–", "owned": owned}
    limits = _("Who does the work, and how complex it is: it counts what the team looks after today.")
    return about.proposal("products_managed", ("portfolio.products",), text, limits)


def users_served(about: Subject) -> Proposal:
    """Users of the team's services: the most of one service, and all together."""
    numbers = [service.users_served for service in about.services]
    text = _("The service with most users serves %(most)s; all together serve %(all)s.") % {
        "most": plain_value(max(numbers)),
        "all": plain_value(sum(numbers)),
    }
    limits = _(
        "Distinct people: who uses several services is counted in each. The numbers are those of today."
    )
    return about.proposal("users_served", ("portfolio.environment",), text, limits)


def demands(about: Subject) -> Proposal:
    """How many of the team's services are critical, and the highest availability agreed."""
    critical = sum(1 for service in about.services if service.criticality == Criticality.CRITICAL)
    about_them = Q(services__in=about.services) | Q(services=None, agreement__services__in=about.services)
    norms = Norm.objects.filter(about_them, indicator="availability", retired_on=None)
    target = norms.aggregate(highest=Max("target"))["highest"]
    highest = percent_text(target) if target is not None else _("none agreed")
    text = ngettext(
        "%(number)s service is business-critical; the highest availability agreed is %(highest)s.",
        "%(number)s services are business-critical; the highest availability agreed is %(highest)s.",
        critical,
    ) % {"number": critical, "highest": highest}
    limits = _("That the post itself answers for it; and that the agreement is right for the service.")
    return about.proposal(
        "demands_on_availability", ("portfolio.availability", "portfolio.environment"), text, limits
    )


def environment(about: Subject) -> Proposal | None:
    """How stable the environment was: availability on the clock, outages, changes. None where nothing was measured."""
    rows = timelines([service.pk for service in about.services], about.since, about.until)
    parts = [
        stability([(change.first_bad_at, change.state) for change in changes], about.since, about.until)
        for changes in rows.values()
    ]
    ratio = availability(parts)
    if ratio is None:
        return None
    changes = Item.objects.filter(
        kind__in=("change", "maintenance", "release"),
        service__in=about.services,
        solved_at__gte=about.since,
        solved_at__lt=about.until,
    ).count()
    longest = max(part.longest for part in parts)
    text = _(
        "Measured services: %(measured)s. Available in %(ratio)s of the known time; outages: %(outages)s, the longest "
        "%(longest)s; changes carried out: %(changes)s."
    ) % {
        "measured": len(parts),
        "ratio": percent_text(ratio),
        "outages": sum(part.outages for part in parts),
        "longest": duration_text(longest.total_seconds()),
        "changes": changes,
    }
    limits = _(
        "What was agreed: it is time on the clock, without calendars, planned windows and corrections."
    )
    return about.proposal("stability_of_environment", ("portfolio.environment",), text, limits)


def work_by_complexity(about: Subject) -> Proposal | None:
    """Work that the holders solved, by complexity. None where there was none."""
    solved = Item.objects.filter(
        assignee_id__in=about.holders, solved_at__gte=about.since, solved_at__lt=about.until
    ).order_by()
    counts = dict(solved.values_list("complexity").annotate(number=Count("pk")))
    if not counts:
        return None
    labels = dict(Item._meta.get_field("complexity").flatchoices)
    parts = ", ".join(f"{counts[key]} {labels[key]}" for key in labels if key in counts)
    text = _("The holder solved work by complexity: %(parts)s.") % {"parts": parts}
    limits = _(
        "That the complexity was set rightly, or that the work belongs to the post: it counts what was assigned."
    )
    return about.proposal("work_by_complexity", ("management_tasks.problems",), text, limits)


def proposals_made(about: Subject) -> Proposal | None:
    """Proposals and improvements that the holders entered. None where there were none."""
    made = Item.objects.filter(
        kind__in=("proposal", "improvement", "wish"),
        requester_id__in=about.holders,
        opened_at__gte=about.since,
        opened_at__lt=about.until,
    ).count()
    if not made:
        return None
    text = ngettext(
        "The holder entered %(number)s proposal or improvement.",
        "The holder entered %(number)s proposals and improvements.",
        made,
    ) % {"number": made}
    limits = _("How worked-out they were, or what became of them.")
    return about.proposal("proposals_made", ("process_improvement",), text, limits)


def deeds_on_access(about: Subject) -> Proposal | None:
    """Deeds of the holders on accounts, roles and tokens. None where there were none."""
    return _deeds(
        about,
        "deeds_on_access",
        (
            "people.grant_role",
            "people.withdraw_role",
            "people.create_user",
            "people.change_user",
            "people.end_token",
        ),
        ("management_tasks.renewal_and_security",),
        _("on accounts, roles and tokens"),
    )


def changes_made(about: Subject) -> Proposal | None:
    """Deeds of the holders on checks and configuration items. None where there were none."""
    return _deeds(
        about,
        "deeds_on_products",
        (
            "catalogue.create_item",
            "catalogue.change_item",
            "monitoring.create_check",
            "monitoring.change_check",
        ),
        ("management_tasks.installation",),
        _("on configuration items and checks"),
    )


def _deeds(
    about: Subject, query: str, verbs: tuple[str, ...], criteria: tuple[str, ...], on: str
) -> Proposal | None:
    found = Entry.objects.filter(
        verb__in=verbs, actor_id__in=about.holders, at__gte=about.since, at__lt=about.until
    ).count()
    if not found:
        return None
    text = _("Deeds of the holder in the audit trail %(on)s: %(number)s.") % {"number": found, "on": on}
    limits = _(
        "Work outside Beheer, and that the deeds belong to the post: it counts deeds, not their weight."
    )
    return about.proposal(query, criteria, text, limits)
