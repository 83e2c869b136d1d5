"""What kinds, fields and events are called on the screen, in the language of the reader."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, gettext_noop
from django.utils.translation import gettext as _

from beheer.people.models import User
from beheer.ui.formats import instant_text
from beheer.work.definitions import kind_of
from beheer.work.fields import REFERENCES
from beheer.work.kinds.schema import Kind
from beheer.work.models import Event, Item, Task
from beheer.work.models.items import Complexity, Degree, Line, LinkKind, Phase
from beheer.work.models.timeline import Verb

TONES = {Phase.OPEN: "info", Phase.WAITING: "warn", Phase.SOLVED: "good", Phase.CLOSED: "muted"}
PRIORITY_TONES = {1: "bad", 2: "warn", 3: "info"}


def phase_tone(phase: str) -> str:
    """The tone of a badge for a phase."""
    return TONES.get(Phase(phase), "muted") if phase in Phase.values else "muted"


def is_late(item: Item) -> bool:
    """Whether a deadline of the item has passed while it is not solved."""
    if item.due_at is None or item.phase not in (Phase.OPEN, Phase.WAITING):
        return False
    return item.due_at < timezone.now()


def language() -> str:
    """The language of this screen."""
    return get_language() or "en"


def kind_name(kind: Kind) -> str:
    """What one item of this kind is called."""
    return kind.name.text(language())


def state_name(kind: Kind, state: str) -> str:
    """What a state is called; its key where the kind does not know it any more."""
    spec = kind.states.get(state)
    return spec.name.text(language()) if spec else state


def step_name(kind: Kind, step: str) -> str:
    """What a step is called."""
    spec = kind.steps.get(step)
    return spec.name.text(language()) if spec else step


def field_name(kind: Kind, name: str) -> str:
    """What a field is called."""
    if name in kind.fields:
        return kind.fields[name].name.text(language())
    if name == "priority":
        return _("priority")
    if name in ("comment", "reply"):
        return _("internal note") if name == "comment" else _("reply to the reporter")
    return str(Item._meta.get_field(name).verbose_name)  # type: ignore[union-attr]  # no relation from elsewhere


def value_text(kind: Kind, name: str, value: Any) -> str:
    """A plain value of a field, for people; "–" for nothing."""
    if value is None or value == "" or value == []:
        return "–"
    if name in kind.fields:
        return _own_value(kind, name, value)
    if name in REFERENCES:
        model, key = REFERENCES[name]
        found = model._default_manager.filter(**{key: value}).first()
        return str(found) if found is not None else str(value)
    if name in ("services", "items"):
        return ", ".join(str(one) for one in value)
    if name in ("impact", "urgency"):
        return str(Degree(value).label)
    if name in ("complexity", "line"):
        return str((Complexity if name == "complexity" else Line)(value).label)
    if name in ("planned_start", "planned_end"):
        return _instant(value)
    return str(value)


def _own_value(kind: Kind, name: str, value: Any) -> str:
    spec = kind.fields[name]
    if spec.type == "choice" and value in spec.choices:
        return spec.choices[value].text(language())
    if spec.type == "several":
        named = (spec.choices.get(str(one)) for one in value)
        return ", ".join(words.text(language()) for words in named if words is not None)
    if spec.type == "file":
        return ", ".join(str(one) for one in value)
    if spec.type == "person":
        person = User.objects.filter(username=value).first()
        return str(person) if person is not None else str(value)
    if spec.type == "yes_no":
        return _("yes") if value else _("no")
    return _instant(value) if spec.type == "instant" else str(value)


def _instant(value: str) -> str:
    parsed = parse_datetime(value)
    return instant_text(parsed) if parsed is not None else value


def event_text(event: Event, kind: Kind) -> str:
    """What happened, in a sentence without its actor and instant."""
    match event.verb:
        case Verb.STEP:
            words = {"step": step_name(kind, event.step), "state": state_name(kind, event.state)}
            return _("%(step)s: now %(state)s") % words
        case Verb.HANDED_OVER | Verb.ASSIGNED:
            return _hands(event)
        case Verb.LINKED | Verb.UNLINKED:
            how = _("article") if event.data["link"] == "article" else LinkKind(event.data["link"]).label
            text = _("Linked: %(how)s %(number)s")
            if event.verb == Verb.UNLINKED:
                text = _("Link removed: %(how)s %(number)s")
            return text % {"how": how, "number": event.data["to"]}
        case Verb.SERVICE_DOWN | Verb.SERVICE_BACK:
            words = {
                "service": event.data.get("name") or event.data["service"],
                "state": _states()[event.data["state"]],
            }
            return _("%(service)s is %(state)s") % words
        case Verb.TASK:
            text = _("Done: %(task)s") if event.data["done"] else _("Open again: %(task)s")
            return text % {"task": event.data["task"]}
        case Verb.ATTACHED:
            return _("File added: %(file)s") % {"file": event.data["file"]}
        case Verb.APPROVAL_ASKED | Verb.APPROVED | Verb.REFUSED | Verb.APPROVAL_LAPSED:
            spec = kind.approvals.get(event.data["approval"])
            name = spec.name.text(language()) if spec else event.data["approval"]
            return f"{Verb(event.verb).label}: {name}".capitalize()
        case _:
            return str(Verb(event.verb).label).capitalize()


# What the machine says of its own steps: kept as a code with what it is about, and worded for who reads it.
REASONS = {
    "not_needed": gettext_noop("No approval is needed for this."),
    "granted": gettext_noop("Approved: %(approval)s"),
    "refused": gettext_noop("Refused: %(approval)s"),
    "again": gettext_noop("%(service)s is %(state)s again: %(reason)s"),
    "same_cause": gettext_noop("It has the same cause as %(number)s."),
}


def event_reason(event: Event, kind: Kind) -> str:
    """Why it happened, in the language of the reader; empty where nothing was said."""
    note = event.data.get("note")
    if not note or note.get("code") not in REASONS:
        return str(event.data.get("reason") or "")
    words = dict(note.get("about", {}))
    if "state" in words:
        words["state"] = _states().get(words["state"], words["state"])
    if "approval" in words:
        spec = kind.approvals.get(words["approval"])
        words["approval"] = spec.name.text(language()) if spec else words["approval"]
    return _(REASONS[note["code"]]) % words


def _states() -> dict[str, str]:
    return {"up": _("up"), "degraded": _("degraded"), "down": _("down"), "unknown": _("unknown")}


def _hands(event: Event) -> str:
    to = event.assignee or event.team
    if to is None:
        return _("Assigned to nobody")
    if event.verb == Verb.HANDED_OVER:
        return _("Handed over to %(to)s") % {"to": to}
    return _("Assigned to %(to)s") % {"to": to}


def event_changes(event: Event, kind: Kind) -> list[tuple[str, str, str]]:
    """What an event changed: (field, old, new), for people."""
    rows = []
    for name, (old, new) in event.data.get("changes", {}).items():
        rows.append((field_name(kind, name), value_text(kind, name, old), value_text(kind, name, new)))
    return rows


def item_state_name(item: Item) -> str:
    """The state an item is in."""
    return state_name(kind_of(item.definition), item.state)


def task_title(task: Task, kind: Kind) -> str:
    """What is to be ticked off, in the reader's language where the kind says it in both."""
    spec = kind.tasks.get(task.key)
    return spec.name.text(language()) if spec is not None else task.title
