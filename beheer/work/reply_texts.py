"""What a text to answer with becomes for one item, and which of them somebody can choose."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format

from beheer.people.models import User
from beheer.work.definitions import definition
from beheer.work.models import Item, ReplyTemplate
from beheer.work.rules.templates import filled
from beheer.work.wording import state_name


def templates_for(user: User, item: Item | None = None) -> QuerySet[ReplyTemplate]:
    """What is in use for all, for the person's teams, and for the item's team."""
    teams = Q(team=None) | Q(team__in=user.teams.all())
    if item is not None and item.team_id is not None:
        teams |= Q(team=item.team_id)
    return ReplyTemplate.objects.filter(teams, is_enabled=True).select_related("team").distinct()


def language_of(item: Item) -> str:
    """The language that the reporter reads; the house's own where it is not known."""
    return (item.requester.language if item.requester else "") or settings.LANGUAGE_CODE


def reply_text(template: ReplyTemplate, item: Item, author: User) -> str:
    """The text in the reporter's language, filled in for the item; the author may still change it."""
    language = language_of(item)
    with translation.override(language):
        return filled(template.text(language), _values(item, author))


def _values(item: Item, author: User) -> dict[str, str]:
    reporter = item.requester
    return {
        "number": item.number,
        "title": item.title,
        "reporter": (reporter.display_name or str(reporter)) if reporter else item.requester_email,
        "service": item.service.name if item.service else "",
        "team": item.team.name if item.team else "",
        "assignee": str(item.assignee) if item.assignee else "",
        "author": author.display_name or str(author),
        "state": state_name(definition(item), item.state),
        "due": _instant(item.due_at),
        "planned_start": _instant(item.planned_start),
        "planned_end": _instant(item.planned_end),
        "solution": str(item.values.get("solution") or ""),
        "link": settings.BASE_URL + reverse("portal:request", args=[item.number]),
    }


def _instant(value: datetime | None) -> str:
    return date_format(timezone.localtime(value), "DATETIME_FORMAT") if value else ""
