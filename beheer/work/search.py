"""Full-text search over items: FTS5 on SQLite, text search with Dutch and English dictionaries on PostgreSQL.

One table beside the items holds what is searched; `index` keeps it, `matching` asks it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.db import connection

from beheer.work.models import Item

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*", re.UNICODE)
MOST_FOUND = 1_000
_PG_WEIGH = (
    "to_tsvector('simple', %s) || setweight(to_tsvector('dutch', %s), 'B') || "
    "setweight(to_tsvector('english', %s), 'B') || to_tsvector('dutch', %s) || to_tsvector('english', %s)"
)


def text_of(item: Item) -> tuple[str, str, str]:
    """What is searched of an item: number, title, and all the rest."""
    own = " ".join(
        word
        for value in item.values.values()
        for word in (value if isinstance(value, list) else [value])
        if isinstance(word, str)
    )
    said = " ".join(item.messages.values_list("text", flat=True))
    service = item.service.name if item.service else ""
    return item.number, item.title, f"{item.description} {own} {service} {said}"[:200_000]


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
            f"INSERT INTO work_search (item_id, document) VALUES (%s, {_PG_WEIGH}) "  # noqa: S608  # constant text
            "ON CONFLICT (item_id) DO UPDATE SET document = EXCLUDED.document",
            [item.pk, f"{number} {title} {body}", title, title, body, body],
        )


def index_texts(rows: Sequence[tuple[int, str, str, str]]) -> None:
    """Make many new items findable at once, by (id, number, title, rest)."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(
                "INSERT INTO work_search (rowid, number, title, body) VALUES (%s, %s, %s, %s)", rows
            )
            return
        cursor.executemany(
            f"INSERT INTO work_search (item_id, document) VALUES (%s, {_PG_WEIGH})",  # noqa: S608  # constant text
            [(pk, f"{number} {title} {body}", title, title, body, body) for pk, number, title, body in rows],
        )


def matching(text: str, most: int = MOST_FOUND) -> list[int]:
    """The ids of items in which every word stands (as the beginning of a word), newest first; [] for no words."""
    words = [word.lower() for word in _WORD.findall(text)][:12]
    if not words:
        return []
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            asked = " ".join(f'"{word}"*' for word in words)
            cursor.execute(
                "SELECT rowid FROM work_search WHERE work_search MATCH %s ORDER BY rowid DESC LIMIT %s",
                [asked, most],
            )
        else:
            simple = " & ".join(f"'{word}':*" for word in words)
            plain = " ".join(words)
            cursor.execute(
                "SELECT item_id FROM work_search WHERE document @@ to_tsquery('simple', %s) "
                "OR document @@ plainto_tsquery('dutch', %s) OR document @@ plainto_tsquery('english', %s) "
                "ORDER BY item_id DESC LIMIT %s",
                [simple, plain, plain, most],
            )
        return [int(row[0]) for row in cursor.fetchall()]
