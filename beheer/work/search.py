"""Full-text search over items: FTS5 on SQLite, text search with Dutch and English dictionaries on PostgreSQL.

One table beside the items holds what is searched; `index` keeps it, `matching` asks it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_

from django.db import connection
from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL

from beheer.work.definitions import definition
from beheer.work.models import Item

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*", re.UNICODE)
_BETWEEN_WORDS = re.compile(r"[\W_]+", re.UNICODE)
_NUMBER = re.compile(r"[A-Z]+-\d{4}(-\d*)?", re.ASCII | re.IGNORECASE)
_WHOLE_NUMBER = re.compile(r"[A-Z]+-\d{4}-\d{5,}", re.ASCII | re.IGNORECASE)
MOST_WORDS = 12
LONGEST_WORD = 100
MOST_FOUND = 1_000
HUGE = 200_000
SAMPLE = 5_000
RARE = 100
"""A word in fewer than one of so many items is rare."""
PG_DOCUMENT = (
    "to_tsvector('simple', {text}) "
    "|| strip(to_tsvector('dutch', {text})) || strip(to_tsvector('english', {text}))"
)
"""What PostgreSQL keeps of a text of `plain` words: each word as it is with its place, and its stems."""


def text_of(item: Item) -> tuple[str, str, str]:
    """What is searched of an item: number, title, and all the rest."""
    own = " ".join(_words_in(item))
    said = " ".join(message.text for message in item.messages.all())
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


def plain(text: str) -> str:
    """The words of a text in lower case, without accents and with nothing but a space between them.

    PostgreSQL would keep `desk.example.org`, an address of mail or a path as one word, of which no part is found.
    """
    if not text.isascii():
        parts = unicodedata.normalize("NFKD", text)
        text = "".join(sign for sign in parts if not unicodedata.combining(sign))
    return _BETWEEN_WORDS.sub(" ", text).lower()


def index(item: Item) -> None:
    """Make the item findable as it is now."""
    number, title, body = text_of(item)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM work_search WHERE rowid = %s", [item.pk])
    index_texts([(item.pk, number, title, body)])


def index_texts(rows: Sequence[tuple[int, str, str, str]]) -> None:
    """Make many items findable at once, by (id, number, title, rest); on SQLite only new ones."""
    if not rows:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.executemany(
                "INSERT INTO work_search (rowid, number, title, body) VALUES (%s, %s, %s, %s)", rows
            )
            return
        document = PG_DOCUMENT.format(text="text")
        cursor.execute(
            f"INSERT INTO work_search (item_id, document) SELECT id, {document} "  # noqa: S608  # constant text
            "FROM unnest(%s::bigint[], %s::text[]) AS item (id, text) "
            "ON CONFLICT (item_id) DO UPDATE SET document = EXCLUDED.document, words_apart = true",
            [[row[0] for row in rows], [plain(" ".join(row[1:])) for row in rows]],
        )


def index_again(most: int) -> int:
    """Index anew up to `most` items whose words PostgreSQL keeps in an older form. Gives how many."""
    if connection.vendor == "sqlite":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT item_id FROM work_search WHERE NOT words_apart LIMIT %s", [most])
        old = [row[0] for row in cursor.fetchall()]
    rows = (
        Item.objects.filter(pk__in=old).select_related("service", "definition").prefetch_related("messages")
    )
    index_texts([(item.pk, *text_of(item)) for item in rows])
    return len(old)


def matching(text: str, most: int = MOST_FOUND) -> list[int]:
    """The ids of items in which every word stands (as the beginning of a word), newest first; [] for no words."""
    if not (asked := _asked(text)):
        return []
    condition, values = asked
    if connection.vendor == "sqlite":
        return _ids(
            f"SELECT rowid FROM work_search WHERE {condition} ORDER BY rowid DESC LIMIT %s",  # noqa: S608  # constants
            [*values, most],
        )
    return _pg_matching(values[0], most)


def _pg_matching(query: str, most: int) -> list[int]:
    """As `matching`. Common words are met soon by walking from the newest; rare ones are quicker found by the index.

    PostgreSQL cannot tell the two apart by its statistics and would now and then walk all for a rare word.
    """
    newest = (
        "SELECT item_id FROM (SELECT * FROM work_search ORDER BY item_id DESC LIMIT %s) AS newest "
        "WHERE document @@ %s::tsquery ORDER BY item_id DESC LIMIT %s"
    )
    seen = _ids(newest, [SAMPLE, query, most])
    if len(seen) * RARE >= SAMPLE:
        found = _ids(newest, [most * RARE, query, most])
        if len(found) == most:
            return found
    return _ids(
        "WITH found AS MATERIALIZED (SELECT item_id FROM work_search WHERE document @@ %s::tsquery) "
        "SELECT item_id FROM found ORDER BY item_id DESC LIMIT %s",
        [query, most],
    )


def _ids(statement: str, values: Sequence[str | int]) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [int(row[0]) for row in cursor.fetchall()]


class Found:
    """What a text finds among all items.

    `is_common`: in more than `MOST_FOUND` items; then they are not counted, since that would take longer than to show
    the first of them.
    """

    def __init__(self, text: str) -> None:
        self.text = text.strip()
        begun = [_begins(number) for number in _numbers_meant(self.text)]
        self._numbered = [one for one in begun if Item.objects.filter(one).exists()]
        is_part = self._numbered and not _WHOLE_NUMBER.fullmatch(self.text)
        found = [] if is_part else matching(self.text, MOST_FOUND + 1)
        self.is_common = len(found) > MOST_FOUND
        self._ids = found[:MOST_FOUND]

    def among(self, rows: QuerySet[Item]) -> QuerySet[Item]:
        """The items among `rows` in which every word of the text stands; none for no words.

        The beginning of a number finds by numbers only; a whole one also who speaks of it. Few are named by their
        ids. Many are looked up while the list is walked in its order: so a page is full soon, and nothing older is
        left out.
        """
        return rows.filter(self._stands_in()) if self.is_common else self._named(rows)

    def newest_among(self, rows: QuerySet[Item], most: int) -> list[Item]:
        """The newest of the items among `rows`, at most so many.

        Of a common word the newest items at all are looked through first: who sees much finds enough there, and who
        sees little has few to be walked.
        """
        newest = rows.order_by("-opened_at", "-pk")
        found = list(self._named(newest)[:most])
        return list(self.among(newest)[:most]) if self.is_common and len(found) < most else found

    def _named(self, rows: QuerySet[Item]) -> QuerySet[Item]:
        return rows.filter(reduce(or_, self._numbered, Q(pk__in=self._ids)))

    def _stands_in(self) -> RawSQL:
        """The condition for many. SQLite makes a set of ids for it, or asks row by row where that would be huge."""
        condition, values = _asked(self.text) or ("", [])
        stands_in = f"EXISTS (SELECT 1 FROM work_search WHERE item_id = work_item.id AND {condition})"  # noqa: S608
        if connection.vendor == "sqlite":
            is_huge = _reaches(HUGE, condition, values)
            where = f"rowid = work_item.id AND {condition}" if is_huge else condition
            ids = f"SELECT rowid FROM work_search WHERE {where}"  # noqa: S608
            # The plus keeps SQLite from walking the words instead of the list.
            stands_in = f"EXISTS ({ids})" if is_huge else f"+work_item.id IN ({ids})"
        return RawSQL(stands_in, values, output_field=BooleanField())  # noqa: S611  # constant text


def search_work(rows: QuerySet[Item], text: str) -> QuerySet[Item]:
    """The items among `rows` in which every word of the text stands; none for no words."""
    return Found(text).among(rows)


def whole_number(text: str) -> str:
    """The number of an item that a text is, zeroes put in: "inc-2026-77" is INC-2026-00077; "" for another text."""
    asked = text.strip().upper()
    head, _dash, tail = asked.rpartition("-")
    return f"{head}-{tail:0>5}" if tail and _NUMBER.fullmatch(asked) and head.count("-") else ""


def _numbers_meant(text: str) -> list[str]:
    """What numbers may begin with that a text asks for: as it stands, and with its zeroes."""
    found = [text.upper(), whole_number(text)] if _NUMBER.fullmatch(text) else []
    return list(dict.fromkeys(number for number in found if number))


def _begins(number: str) -> Q:
    """Items whose number begins so, by the index of numbers: a range where text is ordered by its bytes."""
    if connection.vendor == "sqlite":
        return Q(number__gte=number, number__lt=number[:-1] + chr(ord(number[-1]) + 1))
    return Q(number__startswith=number)


def _reaches(most: int, condition: str, values: list[str]) -> bool:
    with connection.cursor() as cursor:
        rows = f"SELECT 1 FROM work_search WHERE {condition} LIMIT %s"  # noqa: S608  # constant text
        cursor.execute(f"SELECT count(*) FROM ({rows}) AS found", [*values, most])  # noqa: S608
        return bool(cursor.fetchone()[0] == most)


def _asked(text: str) -> tuple[str, list[str]] | None:
    """The condition on the table of words, and its values; None for no words."""
    words = [word.lower()[:LONGEST_WORD] for word in _WORD.findall(text)][:MOST_WORDS]
    if not words:
        return None
    if connection.vendor == "sqlite":
        return "work_search MATCH %s", [" ".join(f'"{word}"*' for word in words)]
    return "document @@ %s::tsquery", [_pg_query([plain(word).strip() for word in words])]


def _pg_query(words: list[str]) -> str:
    """PostgreSQL's question for words, each as the beginning of a word or by its stem; "wi fi" one behind the other.

    Words that say nothing in Dutch or English ("de", "the") are left out where others remain.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, ts_lexize('dutch_stem', word), ts_lexize('english_stem', word) "
            "FROM unnest(%s::text[]) AS word",
            [words],
        )
        stems = {word: (dutch, english) for word, dutch, english in cursor.fetchall()}
    telling = [word for word in words if " " in word or [] not in stems[word]] or words
    return " & ".join(_pg_word(word, stems[word]) for word in telling)


def _pg_word(word: str, stems: tuple[list[str] | None, list[str] | None]) -> str:
    *before, last = word.split()
    if before:
        return "(" + " <-> ".join([*(f"'{one}'" for one in before), f"'{last}':*"]) + ")"
    others = {stem for found in stems for stem in found or () if not stem.startswith(word)}
    return "(" + " | ".join([f"'{word}':*", *(f"'{stem}'" for stem in sorted(others))]) + ")"
