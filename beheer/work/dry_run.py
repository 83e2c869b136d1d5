"""What a changed kind would have blocked in the items of the last year: every step they took, held to the new file."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as _

from beheer.ui.sentences import Sentences
from beheer.work.kinds.schema import Kind
from beheer.work.models import Event, Item
from beheer.work.models.timeline import Verb

EXAMPLES = 5
# Fields of every item that can be empty, and the columns that hold what is in them now.
OF_ITEM = {
    "description": "description", "service": "service_id", "customer": "customer_id", "requester": "requester_id",
    "team": "team_id", "assignee": "assignee_id", "planned_start": "planned_start", "planned_end": "planned_end",
}  # fmt: skip
GONE_STATE = _("running items are in a state that is gone (they keep their own version)")
SAID = Sentences(
    (
        GONE_STATE,
        _("step '%(step)s' is gone"),
        _("step '%(step)s' does not leave '%(before)s' any more"),
        _("step '%(step)s' now leads to '%(to)s', not '%(after)s'"),
        _("step '%(step)s' now needs '%(name)s'"),
    )
)


@dataclass(frozen=True, slots=True)
class Blocked:
    """One thing that the changed kind would have stopped: what, how often, and some items it happened in."""

    what: str
    times: int
    examples: list[str]

    def told(self) -> str:
        """What, in the reader's language."""
        return SAID.told(self.what)


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it: how many items and steps were looked at, and what would have been stopped."""

    items: int
    steps: int
    blocked: list[Blocked] = field(default_factory=list)


def dry_run(kind: Kind, *, now: datetime, days: int = 365) -> Trial:
    """Hold a year of steps to a changed kind. Each step is judged by its states and by what it asks."""
    since = now - timedelta(days=days)
    events = Event.objects.filter(item__kind=kind.kind, verb=Verb.STEP, happened_at__gte=since)
    events = events.exclude(step="")  # what was imported changed its state without a step of ours
    held = [f"item__{column}" for column in OF_ITEM.values()]
    rows = events.values_list("item__number", "step", "from_state", "state", "data", "item__values", *held)
    found: Counter[str] = Counter()
    examples: dict[str, list[str]] = {}
    seen: set[str] = set()
    steps = 0
    for number, step, before, after, data, values, *of_item in rows.iterator(chunk_size=5000):
        steps += 1
        seen.add(number)
        filled = {
            **values,
            **dict(zip(OF_ITEM, of_item, strict=True)),
            **{name: new for name, (_, new) in data.get("changes", {}).items()},
        }
        for what in _stopped(kind, step, before, after, filled):
            found[what] += 1
            if number not in examples.setdefault(what, []) and len(examples[what]) < EXAMPLES:
                examples[what].append(number)
    running = Item.objects.filter(kind=kind.kind, phase__in=("open", "waiting")).exclude(
        state__in=list(kind.states)
    )
    if count := running.count():
        found[GONE_STATE] = count
        examples[GONE_STATE] = list(running.values_list("number", flat=True)[:EXAMPLES])
    blocked = [Blocked(what, times, examples[what]) for what, times in found.most_common()]
    return Trial(len(seen), steps, blocked)


def _stopped(kind: Kind, step: str, before: str, after: str, filled: dict[str, object]) -> list[str]:
    """Why the changed kind would not have let this step pass."""
    spec = kind.steps.get(step)
    if spec is None:
        return [f"step '{step}' is gone"]
    reasons = []
    if before not in kind.sources(spec):
        reasons.append(f"step '{step}' does not leave '{before}' any more")
    if spec.to != after:
        reasons.append(f"step '{step}' now leads to '{spec.to}', not '{after}'")
    needed = {name for name, demand in spec.asks.items() if demand == "required"}
    needed |= {name for name in kind.field_names() if kind.mode(name, spec.to) == "required"}
    reasons += [
        f"step '{step}' now needs '{name}'"
        for name in sorted(needed & {*kind.fields, *OF_ITEM} - spec.sets.keys())
        if filled.get(name) in (None, "", [])
    ]
    return reasons
