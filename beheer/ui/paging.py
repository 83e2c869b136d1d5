"""Paging by the place in the order, not by counting: quick at any depth, and stable while rows come and go.

A page is asked for by the row before it ("after") or behind it ("before"). What follows a row (a, b, key) in an order
by a, b and key is: the same a and b and a greater key; then the same a and a greater b; then a greater a; then rows
without a. Each of these stretches is one question that an index answers from where it begins, and they are asked one
by one until the page is full. Rows that have nothing in a field of the order come last, both ways, on every store.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.core import signing
from django.db.models import Count, F, ForeignObjectRel, Model, Q, QuerySet
from django.db.models.constants import LOOKUP_SEP
from django.db.models.expressions import OrderBy

SALT = "list"
ALIAS = "order_%d"


@dataclass(frozen=True, slots=True)
class Key:
    """One field of an order: its name (a path or annotation), which way, and whether rows may have nothing in it."""

    name: str
    is_descending: bool = False
    is_nullable: bool = False

    def turned(self, is_backward: bool) -> OrderBy:
        """The order by this key, read forward or backward; nothing is last, and so first when read backward."""
        by = F(self.name)
        is_descending = self.is_descending != is_backward
        nulls = {"nulls_first" if is_backward else "nulls_last": True} if self.is_nullable else {}
        return by.desc(**nulls) if is_descending else by.asc(**nulls)

    def beyond(self, value: Any, is_backward: bool) -> Q:
        """Rows strictly on the other side of a value that is not None, those with nothing left out."""
        return Q(**{f"{self.name}__{'lt' if self.is_descending != is_backward else 'gt'}": value})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins or ends: the values of the order in one row; and which page it is, counted by walking."""

    values: tuple[Any, ...]
    number: int


class Order:
    """The whole order of a list: every row has one place in it, since the key of the table is its last part."""

    def __init__(self, rows: QuerySet[Any]) -> None:
        self._model = rows.model
        self._annotations = rows.query.annotations
        own = rows.query.get_meta().ordering if rows.query.default_ordering else ()
        asked = list(rows.query.order_by or own or ())
        expressions: dict[str, Any] = {}
        self.keys: list[Key] = []
        for one in asked:
            self._add(one, expressions)
        if not any(key.name in ("pk", rows.model._meta.pk.name) for key in self.keys):
            self.keys.append(Key("pk", self.keys[-1].is_descending if self.keys else False))
        self.rows = rows.annotate(**expressions) if expressions else rows

    def _add(self, asked: Any, expressions: dict[str, Any]) -> None:
        """One part of the order: a name with or without "-", or an expression, which gets a name of its own."""
        if isinstance(asked, str):
            self._add_named(asked.lstrip("-"), asked.startswith("-"), expressions)
            return
        by = asked if isinstance(asked, OrderBy) else OrderBy(asked)
        if isinstance(by.expression, F):
            field_name: str = by.expression.name  # type: ignore[attr-defined]  # the stubs do not know it
            self._add_named(field_name, by.descending, expressions)
            return
        name = ALIAS % len(self.keys)
        expressions[name] = by.expression
        self.keys.append(Key(name, by.descending, True))

    def _add_named(self, name: str, is_descending: bool, expressions: dict[str, Any]) -> None:
        field, is_nullable = _field_of(self._model, name)
        if isinstance(self._annotations.get(name), Count):
            is_nullable = False
        if field is not None and field.is_relation and field.related_model and not name.endswith("_id"):
            inner = field.related_model._meta.ordering or ("pk",)
            for one in inner:  # a relation is in the order of what it leads to
                path = str(one).lstrip("-")
                turned = is_descending != str(one).startswith("-")
                self._add_named(f"{name}{LOOKUP_SEP}{path}", turned, expressions)
            return
        if LOOKUP_SEP in name and name not in expressions:
            alias = ALIAS % len(self.keys)
            expressions[alias] = F(name)
            name = alias
        self.keys.append(Key(name, is_descending, is_nullable))

    def ordered(self) -> QuerySet[Any]:
        """All rows in this order."""
        return self.rows.order_by(*(key.turned(False) for key in self.keys))

    def values(self, row: Any) -> tuple[Any, ...]:
        """The values of the order in a row."""
        return tuple(getattr(row, key.name) for key in self.keys)

    def first(self, most: int) -> list[Any]:
        """The first rows of all."""
        return self._fill(self._stretches((), False), False, most)

    def after(self, place: Place, most: int) -> list[Any]:
        """The rows that follow a place."""
        return self._fill(self._stretches(place.values, False), False, most)

    def before(self, place: Place, most: int) -> list[Any]:
        """The last rows before a place, in order."""
        return self._fill(self._stretches(place.values, True), True, most)[::-1]

    def _fill(self, stretches: Iterator[tuple[Q, Sequence[Key]]], is_backward: bool, most: int) -> list[Any]:
        found: list[Any] = []
        for condition, keys in stretches:
            rows = self.rows.filter(condition).order_by(*(key.turned(is_backward) for key in keys))
            found += rows[: most - len(found)]
            if len(found) >= most:
                break
        return found

    def _stretches(self, values: Sequence[Any], is_backward: bool) -> Iterator[tuple[Q, Sequence[Key]]]:
        """The stretches beyond a row, nearest first: the condition of each, and the keys it is still ordered by.

        Without values: all rows, those with nothing in the first key apart, so that an index serves both parts.
        """
        if not values:
            yield from self._split(Q(), 0, is_backward)
            return
        same = [Q(**{f"{key.name}__isnull": True} if value is None else {key.name: value})
                for key, value in zip(self.keys, values, strict=True)]  # fmt: skip
        for place in range(len(self.keys) - 1, -1, -1):
            key, value = self.keys[place], values[place]
            shared = Q(*same[:place])
            if value is not None:
                yield shared & key.beyond(value, is_backward), self._from(key, place)
                if key.is_nullable and not is_backward:
                    yield shared & Q(**{f"{key.name}__isnull": True}), self.keys[place + 1 :]
            elif is_backward:
                yield shared & Q(**{f"{key.name}__isnull": False}), self._from(key, place)

    def _split(self, shared: Q, place: int, is_backward: bool) -> Iterator[tuple[Q, Sequence[Key]]]:
        key = self.keys[place]
        if not key.is_nullable:
            yield shared, self.keys[place:]
            return
        parts = [
            (shared & Q(**{f"{key.name}__isnull": False}), self._from(key, place)),
            (shared & Q(**{f"{key.name}__isnull": True}), self.keys[place + 1 :]),
        ]
        yield from reversed(parts) if is_backward else parts

    def _from(self, key: Key, place: int) -> list[Key]:
        """The keys from this one on, in a stretch where it is never nothing."""
        return [Key(key.name, key.is_descending), *self.keys[place + 1 :]]

    # Places in an address

    def token(self, row: Any, number: int) -> str:
        """A place as it stands in an address. Signed, so that a value of the order is never somebody's invention."""
        values = [_told(value) for value in self.values(row)]
        return signing.dumps([self._name(), number, values], salt=SALT, compress=True)

    def place(self, token: str) -> Place | None:
        """The place that a token means; None for one that is not ours, or that belongs to another order."""
        try:
            name, number, values = signing.loads(token, salt=SALT)
        except (signing.BadSignature, ValueError):
            return None
        if name != self._name() or len(values) != len(self.keys):
            return None
        return Place(tuple(_read(value) for value in values), int(number))

    def _name(self) -> str:
        return ",".join(("-" if key.is_descending else "") + key.name for key in self.keys)


def _field_of(model: type[Model], path: str) -> tuple[Any, bool]:
    """The last field of a path and whether there may be nothing; (None, True) for annotations."""
    if path == "pk":
        return model._meta.pk, False
    is_nullable = False
    field: Any = None
    here: Any = model
    for name in path.split(LOOKUP_SEP):
        names = {one.name for one in here._meta.get_fields()} | {
            one.attname for one in here._meta.concrete_fields
        }
        if name != "pk" and name not in names:
            return None, True
        field = here._meta.pk if name == "pk" else here._meta.get_field(name)
        is_nullable = (
            is_nullable or isinstance(field, ForeignObjectRel) or bool(getattr(field, "null", False))
        )
        here = field.related_model or here
    return field, is_nullable


_READ: dict[str, Callable[[str], Any]] = {
    "t": dt.datetime.fromisoformat,
    "d": dt.date.fromisoformat,
    "n": Decimal,
    "s": lambda seconds: dt.timedelta(microseconds=int(seconds)),
}


def _told(value: Any) -> Any:
    """A value as JSON holds it: what JSON does not know becomes [kind, text]."""
    if isinstance(value, dt.datetime):
        return ["t", value.isoformat()]
    if isinstance(value, dt.date):
        return ["d", value.isoformat()]
    if isinstance(value, Decimal):
        return ["n", str(value)]
    if isinstance(value, dt.timedelta):
        return ["s", str(value // dt.timedelta(microseconds=1))]
    return value if value is None or isinstance(value, bool | int | float) else str(value)


def _read(value: Any) -> Any:
    return _READ[value[0]](value[1]) if isinstance(value, list) else value
