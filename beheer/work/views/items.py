"""One item: everything on one screen, and the forms that change it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from beheer.catalogue.models import Service
from beheer.lib.durations import SECOND
from beheer.lib.intervals import from_us, to_us
from beheer.people.models import User
from beheer.permissions.rules import allowed_somewhere
from beheer.ui.forms import problems_on
from beheer.work.actions import change, create, lead_to
from beheer.work.approvers import decides_for, outlook, waits_for
from beheer.work.catalogue import answers_of, catalogue_name
from beheer.work.clocks import clocks_on, target_history
from beheer.work.definitions import current_kinds, current_version, definition, kind_of
from beheer.work.fields import plain
from beheer.work.forms import DeadlineForm, KindForm, initial_of
from beheer.work.gate import staff
from beheer.work.hand_overs import hand_overs_of
from beheer.work.kinds.schema import BUILT_IN, Kind, StepSpec
from beheer.work.mail.addresses import address_of
from beheer.work.models import Event, Item, Message
from beheer.work.models.approvals import ApprovalState
from beheer.work.planning import in_the_way_of
from beheer.work.proposals import proposed, proposed_team
from beheer.work.queries import changes_near, item_by_number, links_of, nearness, similar, state_changes_near
from beheer.work.reply_texts import templates_for
from beheer.work.sight import in_sight, item_for_staff, require_staff_sight, sees_inside, unseen
from beheer.work.standing import is_requester, may, standing
from beheer.work.surroundings import surroundings
from beheer.work.views.plans import stands
from beheer.work.wording import (
    event_changes,
    event_reason,
    event_text,
    field_name,
    kind_name,
    language,
    task_title,
    value_text,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the timeline: an event in words, or something that was said."""

    event: Event
    text: str
    changes: list[tuple[str, str, str]]
    message: Message | None
    reason: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody was writing about an item: "note" or "reply", and the text so far."""

    kind: str = "note"
    text: str = ""


@require_safe
def item_detail(request: HttpRequest, number: str) -> HttpResponse:
    """An item: its state and next steps first, then what to do, the conversation, and all that hangs together."""
    user = staff(request)
    item = item_by_number(number)
    if is_requester(user, item) and not sees_inside(user, item):
        return redirect("portal:request", number=item.number)
    require_staff_sight(user, item)
    return item_page(request, user, item)


def item_page(request: HttpRequest, user: User, item: Item, draft: Draft | None = None) -> HttpResponse:
    """The page of an item, with what somebody was writing still in its box."""
    kind = definition(item)
    now = timezone.now()
    links = [_link_line(row, item) for row in links_of(item)]
    near_changes = [] if kind.planned else _near(item, changes_near(item))
    sight = in_sight(user)
    around = surroundings(item, kind, sight)
    context = {
        "item": item,
        "kind": kind,
        "kind_name": kind_name(kind),
        "draft": draft or Draft(),
        "templates": templates_for(user, item),
        "reply_to": address_of(item) or (str(item.requester) if item.requester else ""),
        "steps": _steps(user, item, kind),
        "facts": _facts(item, kind),
        "answers": answers_of(item),
        "catalogue_item": catalogue_name(item),
        "me_too": item.me_too.count(),
        "lines": timeline(item, kind),
        "clocks": _clocks(item, kind, now),
        "tasks": [(row, task_title(row, kind)) for row in item.tasks.all()],
        "approvals": _approvals(user, item, kind, now),
        "links": links,
        "leads_to": [
            (key, kind_name(current_kinds()[key])) for key in kind.leads_to if key in current_kinds()
        ],
        "affected": item.affected.select_related("service").order_by("since"),
        "watchers": [row.user for row in item.watches.select_related("user")],
        "is_watching": item.watches.filter(user=user).exists(),
        "attachments": item.attachments.all(),
        "conflicts": in_the_way_of(item),
        "articles": item.articles.all(),
        "things": [row.thing for row in item.things.select_related("thing")],
        "hands": hand_overs_of(item),
        "near_changes": near_changes,
        "near_states": [] if kind.planned else _near(item, state_changes_near(item)),
        "similar": similar(item, sight),
        "may_change": may(user, "work.change", item),
        "may_assign": may(user, "work.assign", item),
        "may_comment": may(user, "work.comment", item),
        **around,
        "unseen": unseen(user, [*_shown(links, near_changes), *_traced(around)]),
        "team_proposal": proposed_team(item, now)
        if item.assignee is None and item.phase in ("open", "waiting")
        else None,
        "proposal": proposed(item, now)
        if item.assignee is None and item.phase in ("open", "waiting")
        else None,
    }
    return render(request, "work/item.html", context)


def _steps(user: User, item: Item, kind: Kind) -> list[dict[str, Any]]:
    """The steps this person may take now; those that ask nothing are one click."""
    place = standing(user, item)
    rows = []
    for key, step in kind.steps_from(item.state).items():
        if place.may(step):
            rows.append(
                {
                    "key": key,
                    "name": step.name.text(language()),
                    "asks": bool(asked_by(kind, item, key)),
                    "lacks": _lacks(item, kind, step),
                    "backward": _order(kind, step.to) < _order(kind, item.state),
                }
            )
    return rows


def _lacks(item: Item, kind: Kind, step: StepSpec) -> list[str]:
    """What must be there before the step can be taken, in words: approvals, and what is to be ticked off."""
    granted = {row.key for row in item.approvals.all() if row.state == ApprovalState.GRANTED}
    found = [kind.approvals[key].name.text(language()) for key in step.needs if key not in granted]
    if step.tasks_done:
        left = [row for row in item.tasks.all() if row.is_required and row.done_at is None]
        found += [task_title(row, kind) for row in left]
    return found


def _order(kind: Kind, state: str) -> int:
    return list(kind.states).index(state)


def asked_by(kind: Kind, item: Item, step: str) -> dict[str, bool]:
    """The fields that the form of a step shows: what it asks, and what its state needs and is empty. → required."""
    spec = kind.steps[step]
    asked = {name: demand == "required" for name, demand in spec.asks.items()}
    for name in kind.field_names():
        if kind.mode(name, spec.to) == "required" and name not in spec.sets and not plain(item, kind, name):
            asked[name] = True
    return asked


def _facts(item: Item, kind: Kind) -> list[tuple[str, str, str]]:
    """The fields that show in this state and hold something: (name, value, address or empty)."""
    rows = []
    asked = {name for name, _question, _answer in answers_of(item)}
    for name in kind.field_names():
        if name in asked:
            continue
        if name in ("title", "description", "services", "items") or kind.mode(name, item.state) == "hidden":
            continue
        value = plain(item, kind, name)
        if value in (None, "", []) and name not in ("service", "team", "assignee"):
            continue
        label = field_name(kind, name)
        rows.append((label[:1].upper() + label[1:], value_text(kind, name, value), _address(item, name)))
    return rows


def _address(item: Item, name: str) -> str:
    """Where more stands about what a field names."""
    if name == "service" and item.service is not None:
        return reverse("catalogue:service_detail", args=[item.service.key])
    if name == "customer" and item.customer is not None:
        return reverse("catalogue:customer_detail", args=[item.customer.key])
    return ""


def timeline(item: Item, kind: Kind) -> list[Line]:
    """Everything that happened, newest first, with what was said in full."""
    said = {row.pk: row for row in item.messages.prefetch_related("attachments")}
    events = list(item.events.select_related("actor", "assignee", "team").order_by("-position")[:300])
    return [
        Line(
            event,
            event_text(event, kind),
            event_changes(event, kind),
            said.get(event.data.get("message", 0)),
            event_reason(event, kind),
        )
        for event in events
    ]


@dataclass(frozen=True, slots=True)
class ClockLine:
    """A clock as shown: how far it is, in seconds of agreed time."""

    name: str
    state: str
    due: datetime | None
    remaining_s: float | None
    elapsed_s: float
    target_s: float | None
    is_breached: bool
    is_fixed: bool
    reason: str


def _clocks(item: Item, kind: Kind, now: datetime) -> list[ClockLine]:
    lines = []
    for key, clock in clocks_on(item, kind, language()).items():
        reading = clock.at(max(now, from_us(max((to_us(event.at) for event in clock.events), default=0))))
        lines.append(
            ClockLine(
                name=kind.clocks[key].name.text(language()),
                state=str(reading.state),
                due=reading.due,
                remaining_s=None if reading.remaining_us is None else reading.remaining_us / SECOND,
                elapsed_s=reading.elapsed_us / SECOND,
                target_s=None if reading.target_us is None else reading.target_us / SECOND,
                is_breached=reading.is_breached,
                is_fixed=reading.is_fixed,
                reason=reading.reason,
            )
        )
    return lines


def _approvals(user: User, item: Item, kind: Kind, now: datetime) -> list[dict[str, Any]]:
    rows = []
    for approval in item.approvals.prefetch_related("decisions__user", "decisions__for_user"):
        spec = kind.approvals.get(approval.key)
        if spec is None or not approval.digest:
            continue
        rows.append(
            {
                "row": approval,
                "name": spec.name.text(language()),
                "waits": waits_for(approval, user, now),
                "for_user": decides_for(approval, user, now) if approval.state == "asked" else None,
                "groups": outlook(approval, now),
                "is_ordered": spec.order == "ordered" and len(spec.groups) > 1,
                "tone": {"granted": "good", "refused": "bad", "asked": "info"}.get(approval.state, "muted"),
                "bound": [
                    (field_name(kind, name), value_text(kind, name, value))
                    for name, value in approval.bound.items()
                ],
            }
        )
    return rows[::-1]


def _shown(links: list[dict[str, Any]], near: list[tuple[Item, str]]) -> list[Item]:
    return [*(line["other"] for line in links), *(row for row, _how in near)]


def _traced(around: dict[str, Any]) -> list[Item]:
    return [one.item for one in (*around["came_from"], *around["led_to"])]


def _near(item: Item, rows: Iterable[Any]) -> list[tuple[Any, str]]:
    """Rows about services, with how those stand to the item's own in the map; its own first, then what it needs."""
    places = nearness(item)
    words = {"own": "", "needed": _("which this needs"), "needing": _("which needs this")}
    order = list(words)
    found = [(row, places.get(row.service_id or 0, "own")) for row in rows]
    return [(row, words[place]) for row, place in sorted(found, key=lambda pair: order.index(pair[1]))]


def _link_line(row: Any, item: Item) -> dict[str, Any]:
    is_out = row.source_id == item.pk
    other = row.target if is_out else row.source
    return {"row": row, "other": other, "is_out": is_out, "kind": kind_name(definition(other))}


@require_http_methods(["GET", "POST"])
def item_new(request: HttpRequest, kind: str) -> HttpResponse:
    """Open an item of a kind."""
    user = staff(request)
    spec = kind_of(current_version(kind))
    asked = {name: demand == "required" for name, demand in spec.create.items()}
    given = {name: request.GET[name] for name in asked if name in request.GET}
    if "service" in given:
        given["service"] = _service_id(given["service"])
    if "requester" in asked:
        given.setdefault("requester", "")
    form = KindForm(request.POST or None, kind=spec, asked=asked, initial=given)
    if request.method == "POST" and form.is_valid() and stands(request, form):
        with problems_on(form):
            item = create(actor=user, kind=kind, values=_given(form.values()), now=timezone.now())
            return redirect("work:item", number=item.number)
    context = {
        "form": form,
        "kind": spec,
        "kind_name": kind_name(spec),
        "about": spec.description.text(language()),
    }
    return render(request, "work/item_new.html", context)


def _service_id(key: str) -> str:
    return str(Service.objects.filter(key=key).values_list("pk", flat=True).first() or "")


def _given(values: dict[str, Any]) -> dict[str, Any]:
    """Without what was left empty: then it follows from the service, or stays as it is by itself."""
    return {name: value for name, value in values.items() if value not in (None, "", [])}


@require_http_methods(["GET", "POST"])
def item_change(request: HttpRequest, number: str) -> HttpResponse:
    """Change the fields that this state lets change."""
    user = staff(request)
    item = item_for_staff(user, number)
    kind = definition(item)
    names = [
        name
        for name in kind.field_names()
        if kind.mode(name, item.state) in ("editable", "required")
        and name not in ("team", "assignee", "line")
        and not (name in kind.fields and kind.fields[name].type == "file")
        and (name in kind.create or name in kind.fields or name in _ALWAYS)
    ]
    asked = {name: kind.mode(name, item.state) == "required" or name == "title" for name in names}
    for name in ("impact", "urgency"):
        if name in asked:
            asked[name] = True
    form = KindForm(
        request.POST or None,
        kind=kind,
        asked=asked,
        initial=initial_of(item, kind, names),
        version=item.version,
    )
    if request.method == "POST" and form.is_valid() and stands(request, form, item):
        with problems_on(form):
            change(actor=user, item=item, values=form.values(), version=form.version, now=timezone.now())
            return redirect("work:item", number=item.number)
    return render(
        request, "work/item_form.html", {"form": form, "item": item, "title": _("Change"), "cancel": "item"}
    )


_ALWAYS = ("service", "customer", "requester", "impact", "urgency", "complexity", "items", "services")


@require_safe
def item_clocks(request: HttpRequest, number: str) -> HttpResponse:
    """How each clock comes to its figure: the stretches, with the reason of each."""
    user = staff(request)
    item = item_for_staff(user, number)
    kind = definition(item)
    now = timezone.now()
    clocks = [
        (kind.clocks[key].name.text(language()), clock.at(now), target_history(item, key))
        for key, clock in clocks_on(item, kind, language()).items()
    ]
    form = DeadlineForm(initial={"version": item.version})
    form.fields["clock"].choices = [(k, c.name.text(language())) for k, c in kind.clocks.items()]  # type: ignore[attr-defined]
    context = {
        "item": item,
        "clocks": clocks,
        "form": form,
        "may_change": may(user, "work.change", item),
        "now": now,
    }
    return render(request, "work/clocks.html", context)


@require_http_methods(["GET", "POST"])
def item_lead_to(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """Open an item of another kind out of this one."""
    user = staff(request)
    item = item_for_staff(user, number)
    spec = kind_of(current_version(kind))
    asked = {name: demand == "required" for name, demand in spec.create.items()}
    taken = {
        name: value for name, value in initial_of(item, definition(item), asked).items() if name in BUILT_IN
    }
    for name in ("team", "assignee"):
        taken.pop(name, None)
    form = KindForm(request.POST or None, kind=spec, asked=asked, initial=taken)
    if request.method == "POST" and form.is_valid() and stands(request, form):
        with problems_on(form):
            made = lead_to(actor=user, item=item, kind=kind, values=_given(form.values()), now=timezone.now())
            return redirect("work:item", number=made.number)
    context = {"form": form, "kind": spec, "kind_name": kind_name(spec), "origin": item}
    return render(request, "work/item_new.html", context)


@require_safe
def new_menu(request: HttpRequest) -> HttpResponse:
    """Which kind of work to open."""
    user = staff(request)
    kinds = [
        (key, kind_name(kind), kind.description.text(language()), kind.result_areas)
        for key, kind in current_kinds().items()
    ]
    may_create = allowed_somewhere(user, "work.create")
    return render(request, "work/new_menu.html", {"kinds": kinds, "may_create": may_create})
