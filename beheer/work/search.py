"""Full-text search over items: FTS5 on SQLite, text search with Dutch and English dictionaries on PostgreSQL.

One table beside the items holds what is searched; `index` keeps it, `matching` asks it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from beheer.work.definitions import definition
from beheer.work.models import Item

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*", re.UNICODE)
MOST_FOUND = 1_000
HUGE = 200_000
PG_DOCUMENT = (
    "to_tsvector('simple', %s) || setweight(to_tsvector('dutch', %s), 'B') || "
    "setweight(to_tsvector('english', %s), 'B') || to_tsvector('dutch', %s) || to_tsvector('english', %s)"
)


def text_of(item: Item) -> tuple[str, str, str]:
    """What is searched of an item: number, title, and all the rest."""
    own = " ".join(_words_in(item))
    said = " ".join(item.messages.values_list("text", flat=True))
    service = item.service.name if item.service else ""
    return item.number, item.title, f"{item.description} {own} {service} {said}"[:200_000]


def _words_in(item: Item) -> Iterator[str]:
    """The words in the fields of an item's kind; what was chosen also as it is called in both languages."""
    fields = definition(item).fields
    for name, value in item.values.items():
        choices = fields[name].choices if name in fields else {}
        for word in value if isinstance(value, list) else [value]:
            if isinstance(word, str):
                yield word
                if (called := choices.get(word)) is not None:
                    yield f"{called.nl} {called.en}"


def index(item: Item) -> None:
    """Make the item findable as it is now."""
    number, title, body = text_of(item)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM work_search WHERE rowid = %s", [item.pk])
            cursor.execute(
                "INSERT INTO work_search (rowid, number, title, body) VALUES (%s, %s, %s, %s)",
                [item.pk, number, title, body],
            )
            return
        cursor.execute(
            f"INSERT INTO work_search (item_id, document) VALUES (%s, {PG_DOCUMENT}) "  # noqa: S608  # constant text
            "ON CONFLICT (item_id) DO UPDATE SET document = EXCLUDED.document",
            [item.pk, f"{number} {title} {body}", title, title, body, body],
        )


def index_texts(rows: Sequence[tuple[int, str, str, str]]) -> None:
    """Make many new items findable at once, by (id, number, title, rest)."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(
                "INSERT INTO work_search (rowid, number, title, body) VALUES (%s, %s, %s, %s)", rows
            )
            return
        document = PG_DOCUMENT % ("number || ' ' || title || ' ' || body", "title", "title", "body", "body")
        cursor.execute(
            f"INSERT INTO work_search (item_id, document) SELECT id, {document} "  # noqa: S608  # constant text
            "FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[]) AS item (id, number, title, body)",
            [list(column) for column in zip(*rows, strict=True)],
        )


def matching(text: str, most: int = MOST_FOUND) -> list[int]:
    """The ids of items in which every word stands (as the beginning of a word), newest first; [] for no words."""
    if not (asked := _asked(text)):
        return []
    condition, values = asked
    key = "rowid" if connection.vendor == "sqlite" else "item_id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key} FROM work_search WHERE {condition} ORDER BY {key} DESC LIMIT %s",  # noqa: S608  # constants
            [*values, most],
        )
        return [int(row[0]) for row in cursor.fetchall()]


def found_up_to(text: str, most: int) -> int:
    """In how many items every word stands, counted no further than `most`."""
    if not (asked := _asked(text)):
        return 0
    condition, values = asked
    with connection.cursor() as cursor:
        rows = f"SELECT 1 FROM work_search WHERE {condition} LIMIT %s"  # noqa: S608  # constant text
        cursor.execute(f"SELECT count(*) FROM ({rows}) AS found", [*values, most])  # noqa: S608
        return int(cursor.fetchone()[0])


def search_work(rows: QuerySet[Item], text: str) -> QuerySet[Item]:
    """The items among `rows` in which every word of the text stands; none for no words.

    Few are named by their ids. Many are looked up while the list is walked in its order: so a page is full soon, and
    nothing older is left out. SQLite makes a set of ids for that, or asks row by row where the set would be huge.
    """
    found = matching(text, MOST_FOUND + 1)
    if len(found) <= MOST_FOUND:
        return rows.filter(pk__in=found)
    condition, values = _asked(text) or ("", [])
    stands_in = f"EXISTS (SELECT 1 FROM work_search WHERE item_id = work_item.id AND {condition})"  # noqa: S608
    if connection.vendor == "sqlite":
        is_huge = found_up_to(text, HUGE) == HUGE
        where = f"rowid = work_item.id AND {condition}" if is_huge else condition
        ids = f"SELECT rowid FROM work_search WHERE {where}"  # noqa: S608
        # The plus keeps SQLite from walking the words instead of the list.
        stands_in = f"EXISTS ({ids})" if is_huge else f"+work_item.id IN ({ids})"
    return rows.filter(RawSQL(stands_in, values, output_field=BooleanField()))  # noqa: S611  # constant text


def _asked(text: str) -> tuple[str, list[str]] | None:
    """The condition on the table of words, and its values; None for no words."""
    words = [word.lower() for word in _WORD.findall(text)][:12]
    if not words:
        return None
    if connection.vendor == "sqlite":
        return "work_search MATCH %s", [" ".join(f'"{word}"*' for word in words)]
    plain = " ".join(words)
    simple = " & ".join(f"'{word}':*" for word in words)
    query = "(to_tsquery('simple', %s) || plainto_tsquery('dutch', %s) || plainto_tsquery('english', %s))"
    return f"document @@ {query}", [simple, plain, plain]
