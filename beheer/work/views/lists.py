"""Lists of work: all items with filters kept and shared, the board, my work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.db.models import Count, F, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST, require_safe

from beheer.catalogue.models import Service
from beheer.lib.errors import BeheerError, InputError, Problem
from beheer.people.models import Team, User
from beheer.permissions.rules import allowed_somewhere
from beheer.ui.lists import COUNT_LIMIT, PLACE, Choice, Column, ListPage
from beheer.ui.sentences import problems_told
from beheer.work import cells
from beheer.work.actions import assign, hand_over, watch
from beheer.work.actions.lists import forget_filter, keep_filter
from beheer.work.approvers import waits_for
from beheer.work.catalogue import current_models, spec_of
from beheer.work.definitions import current_kinds, definition
from beheer.work.gate import staff
from beheer.work.models import Approval, Item, RequestModel
from beheer.work.models.approvals import ApprovalState
from beheer.work.models.items import Line, Phase
from beheer.work.queries import filters_for
from beheer.work.search import MOST_FOUND, Found, search_work
from beheer.work.sight import in_sight, item_for_staff
from beheer.work.wording import item_state_name, kind_name, language, state_name

# Fetched beside the items, not joined: through a join with a table of few rows SQLite reads and sorts all items.
RELATED = ("definition", "service", "team", "assignee")
TOLD = 20  # so many refusals of a bulk deed are told one by one
NOBODY = "none"  # the answer of a filter for items without a service, a team, a person
LIVE = Q(phase__in=(Phase.OPEN, Phase.WAITING))


class WorkList(ListPage):
    """A list of items, not counted when a common word is searched for: that would take longer than to show them."""

    @cached_property
    def found(self) -> Found:
        """What the words that are searched for find among all items."""
        return Found(self.search)

    def searched(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """The rows in which the words stand."""
        return self.found.among(rows)

    @cached_property
    def is_uncounted(self) -> bool:
        """Whether only the least number of rows is told."""
        return bool(self.search) and self.found.is_common and self.stretch.has_next

    @cached_property
    def count(self) -> int:
        """How many rows there are; past `COUNT_LIMIT` where they are not counted."""
        return COUNT_LIMIT + 1 if self.is_uncounted else super().count

    @property
    def count_text(self) -> str:
        """The count in words."""
        if not self.is_uncounted:
            return super().count_text
        is_all = not self.chosen and self.request.GET.get("view", "all") == "all"
        seen = self.stretch.number * self.page_size
        return self.more_than(max(seen, MOST_FOUND) if is_all else seen)


@dataclass(frozen=True, slots=True)
class Tab:
    """One of the views above the list."""

    key: str
    title: str
    url: str
    is_current: bool


def views_of(user: User) -> dict[str, tuple[str, Q]]:
    """The views above the list: key → (title, what is in it)."""
    now = timezone.now()
    teams = list(user.teams.values_list("pk", flat=True))
    return {
        "open": (_("Open"), LIVE),
        "mine": (_("Mine"), LIVE & Q(assignee=user.pk)),
        "teams": (_("My teams"), LIVE & Q(team__in=teams)),
        "nobody": (_("Nobody's"), LIVE & Q(assignee=None)),
        "overdue": (_("Overdue"), LIVE & Q(due_at__lt=now)),
        "watched": (_("Watched"), Q(watches__user=user.pk)),
        "all": (_("All"), Q()),
    }


@require_safe
def item_list(request: HttpRequest) -> HttpResponseBase:
    """All items: views, filters, search, groups, bulk actions, export."""
    user = staff(request)
    views = views_of(user)
    asked = request.GET.get("view") or ("all" if request.GET.get("q") else "open")
    view = asked if asked in views else "open"
    rows = Item.objects.filter(views[view][1], in_sight(user)).prefetch_related(*RELATED)
    page = WorkList(
        request,
        rows.order_by("-opened_at", "-pk"),
        columns=_columns(allowed_somewhere(user, "work.change")),
        filters=_filters(),
        search=search_work,
        name="work",
        label=_("Items of work"),
        nothing_yet=_("Nothing here"),
        nothing_yet_hint=_("No item is in this view now."),
    )
    context = {
        "tabs": _tabs(request, view, views),
        "groups": _groups(request, page),
        "group_by": request.GET.get("group", ""),
        "group_choices": [
            (
                filter.key,
                filter.title,
                _with(request, group="" if request.GET.get("group") == filter.key else filter.key),
            )
            for filter in page.filters
            if filter.key in GROUPS
        ],
        "kept": filters_for(user),
        "query": _query(request),
        "kinds": [(key, kind_name(kind)) for key, kind in current_kinds().items()],
        "may_change": allowed_somewhere(user, "work.change"),
        "teams": Team.objects.all(),
    }
    return page.response("work/item_list.html", context)


def _columns(may_change: bool) -> list[Column]:
    """On the page the service stands under the title and the team under the person, so that all fits beside a menu."""
    picks = [Column("pick", "", value="number", cell=cells.pick)] if may_change else []
    return [
        *picks,
        Column(
            "number",
            pgettext("work", "Number"),
            sort="pk",
            link=_address,
        ),
        Column("title", _("Title"), cell=cells.title_and_service, value="title"),
        Column("state", _("State"), value=item_state_name, cell=cells.state),
        Column("priority", _("Priority"), sort="priority", cell=cells.priority),
        Column("service", _("Service"), value="service.name", is_shown=False),
        Column("team", _("Team"), value="team.name", is_shown=False),
        Column("assignee", _("Assigned to"), value="assignee", cell=cells.hands),
        Column("opened_at", pgettext("work", "Opened"), sort="-opened_at", cell=cells.instant),
        Column("due_at", _("Due"), sort="due_at", cell=cells.due),
    ]


def _address(row: Item) -> str:
    return cells.item_url(row.number)


def _filters() -> list[Choice]:
    kinds = [(key, kind_name(kind)) for key, kind in current_kinds().items()]
    return [
        Choice("kind", _("Kind"), kinds),
        Choice("state", _("State"), _states),
        Choice("priority", _("Priority"), [(str(n), str(n)) for n in range(1, 6)]),
        Choice(
            "service",
            _("Service"),
            lambda: [*_service_names(), (NOBODY, pgettext("filter", "none"))],
            "service_id",
            queries={NOBODY: Q(service=None)},
        ),
        Choice("team", _("Team"), _teams, "team_id", queries={NOBODY: Q(team=None)}),
        Choice("assignee", _("Assigned to"), _assignees, "assignee_id", queries={NOBODY: Q(assignee=None)}),
        Choice("line", _("Line"), Line.choices),
        *_catalogue_filter(),
    ]


def _catalogue_filter() -> list[Choice]:
    """The filter by item of the service catalogue, where there are any."""
    rows = current_models(with_retired=True)
    if not rows:
        return []
    names = [(key, spec_of(row).name.text(language())) for key, row in rows.items()]
    versions = RequestModel.objects.values_list("pk", "key")
    ids: dict[str, list[int]] = {}
    for pk, key in versions:
        ids.setdefault(key, []).append(pk)
    queries = {key: Q(request_model__in=ids.get(key, [])) for key in rows}  # no join, see RELATED
    ordered = sorted(names, key=lambda pair: pair[1].lower())
    return [Choice("catalogue", _("From the catalogue"), ordered, queries=queries)]


def _states() -> list[tuple[str, str]]:
    found = {key: state_name(kind, key) for kind in current_kinds().values() for key in kind.states}
    return sorted(found.items(), key=lambda pair: pair[1])


def _service_names() -> list[tuple[str, str]]:
    return [(str(row.pk), row.name) for row in Service.objects.all()[:500]]


def _teams() -> list[tuple[str, str]]:
    return [*((str(row.pk), row.name) for row in Team.objects.all()), (NOBODY, pgettext("filter", "none"))]


def _assignees() -> list[tuple[str, str]]:
    users = User.objects.filter(is_active=True, memberships__isnull=False).distinct()[:500]
    return [*((str(user.pk), str(user)) for user in users), (NOBODY, _("nobody"))]


def _query(request: HttpRequest) -> str:
    """What the address asks, without page and export: what a kept filter keeps."""
    query = request.GET.copy()
    for key in (*PLACE, "export"):
        query.pop(key, None)
    return query.urlencode()


def _with(request: HttpRequest, **changes: str) -> str:
    query = request.GET.copy()
    for key in (*PLACE, *changes):
        query.pop(key, None)
    for key, value in changes.items():
        if value:
            query[key] = value
    text = query.urlencode()
    return f"{request.path}?{text}" if text else request.path


def _tabs(request: HttpRequest, view: str, views: dict[str, tuple[str, Q]]) -> list[Tab]:
    return [
        Tab(key, title, _with(request, view="" if key == "open" else key), key == view)
        for key, (title, _what) in views.items()
    ]


GROUPS = {"kind": "kind", "state": "state", "priority": "priority", "service": "service_id", "team": "team_id",
          "assignee": "assignee_id", "line": "line"}  # fmt: skip


def _groups(request: HttpRequest, page: WorkList) -> list[tuple[str, int, str]]:
    """The rows of the list counted by what was asked: (name, how many, address with that filter)."""
    key = request.GET.get("group", "")
    if key not in GROUPS or page.count > COUNT_LIMIT:
        return []
    counted = page.queryset.order_by().values_list(GROUPS[key]).annotate(n=Count("pk")).order_by("-n")
    choice = next(filter for filter in page.filters if filter.key == key)
    names = {str(value): str(text) for value, text in choice.options() or []}
    return [
        (names[shown], count, _with(request, **{key: shown}))
        if (shown := NOBODY if value is None else str(value)) in names
        else (str(value), count, "")
        for value, count in counted[:100]
    ]


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """Do one thing with many items. What cannot be done with one is said, and the rest is done.

    A pick is the number, or the number and the version that was on the page: "INC-2026-00012:7".
    """
    user = staff(request)
    back = "/work-items/?" + QueryDict(request.POST.get("query", "")).urlencode()
    picks = request.POST.getlist("number")[:500]
    done, failed = 0, dict[str, list[str]]()
    for number, _colon, version in (pick.partition(":") for pick in picks):
        try:
            seen = int(version) if version.isascii() and version.isdigit() else None
            _do(request, user, item_for_staff(user, number), seen)
            done += 1
        except BeheerError as error:
            failed.setdefault(" ".join(problems_told(error)).replace(f"{number} ", ""), []).append(number)
    if not picks:
        messages.warning(request, _("Pick items first, by the boxes at the left."))
    if done:
        messages.success(request, _("Done with %(count)s.") % {"count": done})
    _tell_refused(request, failed)
    return redirect(back)


def _tell_refused(request: HttpRequest, failed: Mapping[str, Sequence[str]]) -> None:
    """Say what was refused, and why: each reason once, with the numbers it holds for."""
    for reason, numbers in failed.items():
        said = ngettext("%(count)s was refused:", "%(count)s were refused:", len(numbers))
        more = _("… and %(count)s more.") % {"count": len(numbers) - TOLD} if len(numbers) > TOLD else ""
        told = f"{', '.join(numbers[:TOLD])} {more}".strip()
        messages.error(request, f"{said % {'count': len(numbers)}} {told} – {reason}")


def _do(request: HttpRequest, user: User, item: Item, seen: int | None) -> None:
    """One of the deeds below the list with one item, if it is as the page showed it (None: however it is)."""
    now = timezone.now()
    deed = request.POST.get("deed", "")
    if deed == "take":
        assign(actor=user, item=item, assignee=user, version=seen, now=now)
    elif deed == "watch":
        watch(actor=user, item=item, user=user, is_watching=True, now=now)
    elif deed == "hand_over":
        asked = request.POST.get("team", "")
        team = Team.objects.filter(pk=asked).first() if asked.isascii() and asked.isdigit() else None
        reason = request.POST.get("reason", "")
        hand_over(actor=user, item=item, team=team, reason=reason, version=seen, now=now)
    else:
        message = _("There is no deed “%(deed)s” for many items.") % {"deed": deed}
        raise InputError(Problem(message, "deed", _("Use the buttons below the list.")))


@require_POST
def filter_keep(request: HttpRequest) -> HttpResponse:
    """Keep the filter of now under a name."""
    user = staff(request)
    query = request.POST.get("query", "")
    name = request.POST.get("name", "")
    is_shared = bool(request.POST.get("shared"))
    try:
        keep_filter(actor=user, owner=user, name=name, query=query, is_shared=is_shared, now=timezone.now())
    except BeheerError as error:
        messages.error(request, " ".join(problems_told(error)))
    return redirect(f"/work-items/?{QueryDict(query).urlencode()}")


@require_POST
def filter_forget(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a kept filter."""
    user = staff(request)
    forget_filter(actor=user, pk=pk, now=timezone.now())
    return redirect("work:item_list")


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """What waits for me: decisions, my items by what is due first, my teams' items that nobody has, what I watch."""
    user = staff(request)
    now = timezone.now()
    sight = in_sight(user)
    live = Item.objects.filter(LIVE, sight).prefetch_related(*RELATED)
    asked = Approval.objects.filter(state=ApprovalState.ASKED).select_related(
        "item", "item__definition", "item__service"
    )
    first_due = F("due_at").asc(nulls_last=True)
    teams = list(user.teams.values_list("pk", flat=True))
    decide = [
        (row, definition(row.item).approvals[row.key].name.text(request.LANGUAGE_CODE))
        for row in asked.order_by("asked_at")[:200]
        if waits_for(row, user, now)
    ]
    context = {
        "decide": decide,
        "mine": live.filter(assignee=user.pk).order_by(first_due, "priority", "-pk")[:100],
        "nobody": live.filter(assignee=None, team__in=teams).order_by("priority", first_due, "-pk")[:50],
        "watched": Item.objects.filter(sight, watches__user=user.pk)
        .exclude(assignee=user.pk)
        .prefetch_related(*RELATED)
        .order_by("-changed_at")[:20],
        "now": now,
    }
    return render(request, "work/mine.html", context)


@require_safe
def service_part(request: HttpRequest, key: str) -> HttpResponse:
    """The part about work on a service's page."""
    user = staff(request)
    about = Q(service__key=key) | Q(affected__service__key=key)
    rows = Item.objects.filter(LIVE, about, in_sight(user)).select_related(*RELATED)
    found = list(rows.distinct().order_by("priority", "-opened_at")[:11])
    return render(
        request, "work/parts/service.html", {"rows": found[:10], "key": key, "has_more": len(found) > 10}
    )
