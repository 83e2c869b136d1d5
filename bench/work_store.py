"""A store of work for measuring: so many items over three years, the same ones each time, put in fast.

Rows go in past the ORM (COPY on PostgreSQL) and indexes are made afterwards, all by the names that the models give.
One item in fifty is open. Titles and texts are drawn from a vocabulary in which one word stands in a third of all
items ("mail"), most in some hundreds, and one in twenty items only ("zeldzaam").
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
YEARS = timedelta(days=1095)
COMMON = (
    "mail", "traag", "printer", "inlog", "fout", "scherm", "netwerk", "opslag", "toets", "rooster", "wachtwoord",
    "certificaat", "kabel", "licentie",
)  # fmt: skip
SYLLABLES = ("ba", "do", "fi", "ku", "le", "mo", "na", "pi", "ro", "su", "te", "vo", "wa", "zi")
RARE = "zeldzaam"
KINDS = ("incident", "service_request", "problem", "change", "maintenance")


def prepare(folder: Path) -> None:
    """Set Django up for a store in this folder (or the one that DATABASE_URL names) and make its tables."""
    os.environ["BEHEER_VAR"] = str(folder)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beheer.settings")
    os.environ.setdefault("BEHEER_MFA", "optional")
    import django
    from django.conf import settings

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.ALLOWED_HOSTS.append("testserver")
    folder.mkdir(parents=True, exist_ok=True)
    django.setup()
    from beheer.preparing import prepare_tables
    from beheer.ui.translations import compile_all

    compile_all()
    prepare_tables()


@dataclass(frozen=True)
class World:
    """Who and what items are about, by id, and the kinds with their states."""

    teams: list[int]
    people: list[int]
    services: list[int]
    kinds: list[
        tuple[str, int, str, list[tuple[str, str]], list[str]]
    ]  # key, id, prefix, open states, end states


def make_world() -> World:
    """Ten teams, forty people, two hundred services."""
    from beheer.catalogue.models import Service
    from beheer.people.models import Membership, RoleGrant, Team, User

    teams = [Team.objects.create(key=f"team{n}", name=f"Team {n}") for n in range(10)]
    people = [User.objects.create(username=f"user{n}", email=f"user{n}@example.org") for n in range(40)]
    for n, user in enumerate(people):
        Membership.objects.create(team=teams[n % 10], user=user)
        RoleGrant.objects.create(user=user, role="member")
    services = [
        Service.objects.create(key=f"service{n}", name=f"Service {n}", team=teams[n % 10]) for n in range(200)
    ]
    return World(
        [row.pk for row in teams], [row.pk for row in people], [row.pk for row in services], _kinds()
    )


def _kinds() -> list[tuple[str, int, str, list[tuple[str, str]], list[str]]]:
    from beheer.work.definitions import current_versions, kind_of

    versions = current_versions()
    kinds = []
    for key in KINDS:
        spec = kind_of(versions[key])
        live: list[tuple[str, str]] = [
            (name, state.phase) for name, state in spec.states.items() if state.phase in ("open", "waiting")
        ]
        ends = [name for name, state in spec.states.items() if state.phase == "closed"]
        kinds.append((key, versions[key].pk, spec.prefix, live, ends))
    return kinds


def _words(chance: random.Random) -> list[str]:
    """A vocabulary of three thousand words."""
    made = {"".join(chance.choices(SYLLABLES, k=4)) for _ in range(3_600)}
    return sorted(made)[:3_000]


def items(count: int, world: World) -> Iterator[dict[str, Any]]:
    """The items, oldest first, as values by column."""
    chance = random.Random(4)
    words = _words(chance)
    numbers: dict[tuple[str, int], int] = {}
    rare = {n * max(1, count // 20) + count // 40 for n in range(20)}
    for n in range(count):
        key, definition, prefix, live, ends = world.kinds[
            0 if chance.random() < 0.6 else int(chance.random() * 5)
        ]
        is_open = chance.random() < 0.02
        state, phase = chance.choice(live) if is_open else (chance.choice(ends), "closed")
        opened = (NOW - YEARS + YEARS * (n / count)).replace(microsecond=0)
        numbers[prefix, opened.year] = last = numbers.get((prefix, opened.year), 0) + 1
        closed = None if is_open else opened + timedelta(seconds=chance.randint(600, 500_000))
        title = [chance.choice(COMMON), *chance.choices(words, k=2), chance.choice(COMMON)]
        if n in rare:
            title.append(RARE)
        text = " ".join(chance.choices(words, k=15) + (["mail"] if chance.random() < 0.2 else []))
        yield {
            "id": n + 1, "number": f"{prefix}-{opened.year}-{last:05d}", "kind": key, "definition_id": definition,
            "state": state, "phase": phase, "title": " ".join(title).capitalize(), "description": text,
            "service_id": chance.choice(world.services), "customer_id": None,
            "requester_id": chance.choice(world.people), "requester_email": "", "team_id": chance.choice(world.teams),
            "assignee_id": chance.choice(world.people) if chance.random() < 0.95 else None, "line": "first",
            "impact": 3, "urgency": 2, "priority": chance.randint(1, 5), "complexity": "normal",
            "planned_start": None, "planned_end": None, "values": "{}", "channel": "page", "opened_at": opened,
            "changed_at": closed or opened, "solved_at": closed, "closed_at": closed,
            "state_since": closed or opened,
            "due_at": opened + timedelta(seconds=chance.randint(86_400, 80_000_000)) if is_open else None,
            "is_service_back": False, "is_simulated": False, "satisfaction": None, "version": 2,
        }  # fmt: skip


def events(item: dict[str, Any], ids: Iterator[int], initial: str = "new") -> Iterator[dict[str, Any]]:
    """Two events of an item: opened, and brought to where it is."""
    for position in (1, 2):
        yield {
            "id": next(ids), "item_id": item["id"], "position": position,
            "happened_at": item["opened_at"] if position == 1 else item["changed_at"],
            "recorded_at": item["changed_at"], "verb": "created" if position == 1 else "step", "actor_id": None,
            "actor_name": "desk", "step": "", "from_state": "" if position == 1 else initial,
            "state": initial if position == 1 else item["state"], "phase": "open" if position == 1 else item["phase"],
            "line": item["line"], "team_id": item["team_id"], "assignee_id": item["assignee_id"],
            "priority": item["priority"], "data": "{}",
        }  # fmt: skip


def load(model: Any, rows: Iterable[dict[str, Any]]) -> None:
    """Put rows of plain values into the table of a model, as fast as the store takes them."""
    from django.db import connection

    fields = model._meta.concrete_fields
    usual = {
        field.attname: field.get_default() for field in fields
    }  # a column that is added later has its default
    columns = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    tuples = (tuple((usual | row).values()) for row in rows)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in tuples:
                    copy.write_row(row)
            return
        marks = ", ".join(["?"] * len(fields))
        connection.connection.executemany(
            f"INSERT INTO {table} ({columns}) VALUES ({marks})", (tuple(map(_plain, row)) for row in tuples)
        )


def _plain(value: Any) -> Any:
    return value.strftime("%Y-%m-%d %H:%M:%S") if isinstance(value, datetime) else value


def fill(count: int, tell: Callable[[str], None] = print) -> None:
    """Everything: world, items, events, conversation of what is open, and the index of words."""
    from django.db import connection, transaction

    from beheer.work.models import Event, Item, Message

    world = make_world()
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA foreign_keys=OFF")
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:  # what refers to what is right by the way it is made
                cursor.execute("SET LOCAL session_replication_role = replica")
        _indexes((Item, Event), "remove_index")
        rows = items(count, world)
        ids, said = itertools.count(1), itertools.count(1)
        while chunk := list(itertools.islice(rows, 50_000)):
            load(Item, chunk)
            load(Event, (row for item in chunk for row in events(item, ids)))
            load(Message, (row for item in chunk if item["phase"] != "closed" for row in _said(item, said)))
        tell("rows are in; indexes and words follow")
        _indexes((Item, Event), "add_index")
        _index_words()
        _keep_numbers()
        if connection.vendor == "postgresql":
            _set_sequences((Item, Event, Message))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")


def _said(item: dict[str, Any], ids: Iterator[int]) -> Iterator[dict[str, Any]]:
    """Three messages of an item that is open."""
    for kind in ("message", "reply", "note"):
        yield {
            "id": next(ids), "item_id": item["id"], "kind": kind, "channel": "page", "author_id": None,
            "author_name": "desk", "text": item["description"] * 3, "written_at": item["opened_at"], "mail_id": "",
        }  # fmt: skip


def _indexes(models: Sequence[Any], verb: str) -> None:
    from django.db import connection

    with connection.schema_editor(atomic=False) as editor:
        for model in models:
            for index in model._meta.indexes:
                getattr(editor, verb)(model, index)


def _index_words() -> None:
    """The table of words, filled inside the store with what the product would put there for these items."""
    from django.db import connection

    from beheer.work.search import PG_DOCUMENT

    text = "i.description || ' ' || s.name"
    source = "FROM work_item i JOIN catalogue_service s ON s.id = i.service_id"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                f"INSERT INTO work_search (rowid, number, title, body) SELECT i.id, number, title, {text} {source}"
            )
            return
        words = f"lower(regexp_replace(number || ' ' || title || ' ' || {text}, '[^[:alnum:]]+', ' ', 'g'))"
        document = PG_DOCUMENT.format(text=words)
        cursor.execute("SET LOCAL maintenance_work_mem = '1GB'")
        cursor.execute("DROP INDEX work_search_document")
        cursor.execute(f"INSERT INTO work_search (item_id, document) SELECT i.id, {document} {source}")
        cursor.execute("CREATE INDEX work_search_document ON work_search USING gin (document)")


def _keep_numbers() -> None:
    """How far the numbering has come, so that new items go on from there."""
    from django.db import connection

    from beheer.work.models import Number

    numbers: dict[tuple[str, int], int] = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT number FROM work_item")
        for (number,) in cursor.fetchall():
            prefix, year, last = number.rsplit("-", 2)
            key = (prefix, int(year))
            numbers[key] = max(numbers.get(key, 0), int(last))
    Number.objects.bulk_create(
        Number(prefix=prefix, year=year, last=last) for (prefix, year), last in numbers.items()
    )


def _set_sequences(models: Sequence[Any]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for model in models:
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )


def world_as_it_is() -> World:
    """The world of a store that was filled before."""
    from beheer.catalogue.models import Service
    from beheer.people.models import Team, User

    def ids(model: Any) -> list[int]:
        return list(model.objects.order_by("pk").values_list("pk", flat=True))

    people = User.objects.filter(username__startswith="user").order_by("pk").values_list("pk", flat=True)
    return World(ids(Team), list(people), ids(Service), _kinds())
