"""Taking over an event log of another system: all of it, or nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import DateTimeField, JSONField, Model
from django.db.models.fields.json import KT
from django.utils import timezone

from beheer.audit.actions import record
from beheer.catalogue.models import Service
from beheer.lib.errors import Conflict, InputError, Problem
from beheer.people.models import Team, User
from beheer.permissions.rules import Actor, require
from beheer.work.event_log.mapping import EventLogMap
from beheer.work.event_log.reading import LogEvent, Staged
from beheer.work.kinds.schema import LINES, Kind
from beheer.work.models import Event, Item, KindVersion, Number
from beheer.work.models.items import Channel, Complexity, Degree, Line
from beheer.work.models.timeline import Verb
from beheer.work.search import index_texts

CHUNK_ITEMS = 1_000
ITEM_COLUMNS = (
    "number", "kind", "definition", "state", "phase", "title", "description", "service", "team", "assignee", "line",
    "impact", "urgency", "priority", "complexity", "values", "channel", "requester_email", "opened_at", "changed_at",
    "solved_at", "closed_at", "state_since", "is_service_back", "is_simulated", "version",
)  # fmt: skip
EVENT_COLUMNS = (
    "item", "position", "happened_at", "recorded_at", "verb", "actor_name", "step", "from_state", "state", "phase",
    "line", "team", "assignee", "priority", "data",
)  # fmt: skip
SHOWN = 5
LEAST_PRIORITY = 4


class Imported(NamedTuple):
    """What an import brought."""

    items: int
    events: int


class _Made(NamedTuple):
    """One item that is to be inserted: what it is found by, its row as `ITEM_COLUMNS` name it,
    its state after each event."""

    number: str
    title: str
    words: str
    row: tuple[Any, ...]
    states: Sequence[str]


class _Known(NamedTuple):
    """What names in the log can stand for here, by lower-case name."""

    services: Mapping[str, int]
    teams: Mapping[str, int]
    people: Mapping[str, int]


@transaction.atomic
def import_event_log(
    *,
    actor: Actor,
    event_map: EventLogMap,
    log: Staged,
    definition: KindVersion,
    kind: Kind,
    now: datetime,
    file_name: str = "",
    progress: Callable[[int], None] | None = None,
) -> Imported:
    """Make items and their events from a checked log. `progress` is told how many events are in.

    A name of a service, team or person that exists here is linked; any other stays as text with the event.
    Raises: NotAllowed; InputError where the map names states that the kind does not have; Conflict where items of
    the same source were taken over before.
    """
    require(actor, "work.import")
    _check_states(event_map, kind)
    numbers = _Numbers(kind.prefix)
    _refuse_known(event_map.source, log)
    known = _known()
    items = events = 0
    histories = log.by_item()
    while chunk := list(islice(histories, CHUNK_ITEMS)):
        made = [_item(history, event_map, definition, kind, numbers, known, now) for history in chunk]
        insert_rows(Item, ITEM_COLUMNS, (one.row for one in made))
        ids = dict(Item.objects.filter(number__in=[one.number for one in made]).values_list("number", "pk"))
        rows = [
            row
            for one, history in zip(made, chunk, strict=True)
            for row in _events(ids[one.number], one.states, history, event_map, kind, known, now)
        ]
        insert_rows(Event, EVENT_COLUMNS, rows)
        index_texts([(ids[one.number], one.number, one.title, one.words) for one in made])
        items, events = items + len(made), events + len(rows)
        if progress is not None:
            progress(events)
    numbers.keep()
    changes = {"file": file_name, "source": event_map.source, "items": items, "events": events}
    record(actor=actor, verb="work.import", subject=f"source:{event_map.source}", changes=changes, now=now)
    return Imported(items, events)


def _check_states(event_map: EventLogMap, kind: Kind) -> None:
    problems = [
        Problem(
            f"The kind '{kind.kind}' has no state '{state}'.",
            f"states.{activity}",
            f"It has: {', '.join(kind.states)}; or write keep, where the activity changes no state.",
        )
        for activity, state in event_map.states.items()
        if state != "keep" and state not in kind.states
    ]
    problems += [
        Problem(f"There is no line '{line}'.", f"lines.{name}", f"There are: {', '.join(LINES)}.")
        for name, line in event_map.lines.items()
        if line not in LINES
    ]
    if problems:
        raise InputError(problems)


def _refuse_known(source: str, log: Staged) -> None:
    """Stop where items of this source are here already. Raises: Conflict."""
    rows = Item.objects.filter(channel=Channel.IMPORT, values__imported__source=source)
    # as text: Django reads "17" behind a key as a number
    known = set(rows.values_list(KT("values__imported__item"), flat=True).iterator())
    if not known:
        return
    again = [key for key in log.keys() if key in known]  # noqa: SIM118  # Staged is no mapping
    if again:
        names = ", ".join(again[:SHOWN]) + (", …" if len(again) > SHOWN else "")
        raise Conflict(
            f"{len(again)} items of source '{source}' were imported before ({names}). Nothing was changed. "
            "Take them out of the file, or name another `source` in the map."
        )


def _known() -> _Known:
    services = {
        name.lower(): pk for pk, *names in Service.objects.values_list("pk", "key", "name") for name in names
    }
    teams = {
        name.lower(): pk for pk, *names in Team.objects.values_list("pk", "key", "name") for name in names
    }
    rows = User.objects.values_list("pk", "username", "email", "display_name")
    people = {name.lower(): pk for pk, *names in rows for name in names if name}
    return _Known(services, teams, people)


class _Numbers:
    """Gives numbers by year, and keeps at the end how far it came."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self._last = dict(
            Number.objects.select_for_update().filter(prefix=prefix).values_list("year", "last")
        )

    def next(self, opened_at: datetime) -> str:
        """The next number of the year in which something was opened."""
        year = timezone.localtime(opened_at).year
        self._last[year] = self._last.get(year, 0) + 1
        return f"{self.prefix}-{year}-{self._last[year]:05d}"

    def keep(self) -> None:
        """Write down how far each year came."""
        rows = [Number(prefix=self.prefix, year=year, last=last) for year, last in self._last.items()]
        Number.objects.bulk_create(
            rows, update_conflicts=True, unique_fields=["prefix", "year"], update_fields=["last"]
        )


def _item(
    history: Sequence[LogEvent],
    event_map: EventLogMap,
    definition: KindVersion,
    kind: Kind,
    numbers: _Numbers,
    known: _Known,
    now: datetime,
) -> _Made:
    """The item that a history adds up to."""
    states = _walk(history, kind)
    phase = kind.states[states[-1]].phase
    number = numbers.next(history[0].at)
    title = (_last(history, "title") or f"{event_map.source} {history[0].item}")[:250]
    origin = _origin(history, event_map)
    row = (
        number,
        kind.kind,
        definition.pk,
        states[-1],
        phase,
        title,
        "",
        known.services.get(_last(history, "service").lower()),
        known.teams.get(_last(history, "team").lower()),
        known.people.get(_last(history, "resource").lower()),
        _line(_last(history, "line")),
        Degree.LOW,
        Degree.MEDIUM,
        LEAST_PRIORITY,
        Complexity.NORMAL,
        {"imported": origin},
        Channel.IMPORT,
        "",
        history[0].at,
        history[-1].at,
        _ended(history, states, kind, ("solved", "closed")) if phase in ("solved", "closed") else None,
        _ended(history, states, kind, ("closed",)) if phase == "closed" else None,
        _since(history, states),
        False,
        False,
        1,
    )
    words = " ".join([history[0].item, *origin["fields"].values()])
    return _Made(number, title, words, row, states)


def _origin(history: Sequence[LogEvent], event_map: EventLogMap) -> dict[str, Any]:
    """Where an item came from, and the last value of each field that the map takes along."""
    fields: dict[str, str] = {}
    for event in history:
        fields |= {name: value for name, value in zip(event_map.fields, event.fields, strict=True) if value}
    return {"source": event_map.source, "item": history[0].item, "fields": fields}


def _walk(history: Sequence[LogEvent], kind: Kind) -> list[str]:
    """The state after each event."""
    states: list[str] = []
    state = kind.initial
    for event in history:
        state = event.state or state
        states.append(state)
    return states


def _since(history: Sequence[LogEvent], states: Sequence[str]) -> datetime:
    """When the item came into the state it is in now."""
    since = history[0].at
    for event, before, after in zip(history[1:], states, states[1:], strict=False):
        if after != before:
            since = event.at
    return since


def _last(history: Sequence[LogEvent], name: str) -> str:
    """The last value of an attribute that is not empty."""
    return next((value for event in reversed(history) if (value := getattr(event, name))), "")


def _line(name: str) -> str:
    return name if name in LINES else Line.FIRST


def _ended(
    history: Sequence[LogEvent], states: Sequence[str], kind: Kind, phases: Sequence[str]
) -> datetime | None:
    """When the item came, for the last time, into one of these phases and stayed."""
    found: datetime | None = None
    for event, state in zip(history, states, strict=True):
        is_ended = kind.states[state].phase in phases
        found = (found or event.at) if is_ended else None
    return found


def _events(
    item_id: int,
    states: Sequence[str],
    history: Sequence[LogEvent],
    event_map: EventLogMap,
    kind: Kind,
    known: _Known,
    now: datetime,
) -> Iterator[tuple[Any, ...]]:
    """The rows of one item's history, as `EVENT_COLUMNS` name them."""
    holder = line = team = before = ""
    for position, (event, state) in enumerate(zip(history, states, strict=True), 1):
        is_handed_over = bool(event.resource and holder and event.resource != holder)
        holder, line, team = event.resource or holder, event.line or line, event.team or team
        yield (
            item_id,
            position,
            event.at,
            now,
            _verb(position, before, state, is_handed_over),
            (holder or "import")[:150],
            "",
            before,
            state,
            kind.states[state].phase,
            _line(line),
            known.teams.get(team.lower()),
            known.people.get(holder.lower()),
            LEAST_PRIORITY,
            {
                "activity": event.activity,
                "holder": holder,
                "line": line,
                "team": team,
                "fields": dict(zip(event_map.fields, event.fields, strict=True)),
            },
        )
        before = state


def _verb(position: int, before: str, after: str, is_handed_over: bool) -> Verb:
    if position == 1:
        return Verb.CREATED
    if before != after:
        return Verb.STEP
    return Verb.HANDED_OVER if is_handed_over else Verb.CHANGED


def insert_rows(model: type[Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert many rows at once, past the ORM's making of objects, which takes most of the time of an import.

    Instants and JSON become what the store keeps; every other value goes in as it is.
    """
    fields = [model._meta.get_field(name) for name in names]
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)  # type: ignore[union-attr]
    table = connection.ops.quote_name(model._meta.db_table)
    instants = [index for index, field in enumerate(fields) if isinstance(field, DateTimeField)]
    documents = [index for index, field in enumerate(fields) if isinstance(field, JSONField)]
    is_sqlite = connection.vendor == "sqlite"
    prepared = []
    for row in rows:
        values = list(row)
        if is_sqlite:
            for index in instants:
                values[index] = _as_sqlite_keeps(values[index])
        for index in documents:
            values[index] = _encode(values[index])
        prepared.append(values)
    with connection.cursor() as cursor:
        if is_sqlite:
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", prepared)  # noqa: S608
            return
        with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
            for values in prepared:
                copy.write_row(values)


_encode = json.JSONEncoder(ensure_ascii=False, check_circular=False).encode


def _as_sqlite_keeps(instant: datetime | None) -> str | None:
    """An instant as Django writes it on SQLite: in UTC, without zone."""
    return None if instant is None else instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
