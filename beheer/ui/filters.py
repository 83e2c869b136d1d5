"""The questions above a list, and the conditions that their answers mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from beheer.lib.errors import InputError, Problem

Words = str | Promise
Choices = Sequence[tuple[str, Words]]


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter with a fixed set of answers.

    `field` is looked up for equality with the answer; "true" and "false" are taken as such; `queries` gives an
    answer its own condition instead.
    """

    key: str
    title: Words
    choices: Choices | Callable[[], Choices]
    field: str = ""
    queries: Mapping[str, Q] | None = None

    def options(self) -> list[tuple[str, Words]]:
        """Answers with their words."""
        found = self.choices() if callable(self.choices) else self.choices
        return [(str(value), text) for value, text in found]

    def query(self, value: str) -> Q:
        """The condition for an answer. Raises InputError for one that is not offered."""
        offered = [answer for answer, _text in self.options()]
        if value not in offered:
            remedy = _("Choose one of: %(answers)s.") % {"answers": ", ".join(offered[:20])}
            raise InputError(
                Problem(_("There is no answer “%(value)s”.") % {"value": value}, self.key, remedy)
            )
        if self.queries and value in self.queries:
            return self.queries[value]
        meant: object = {"true": True, "false": False}.get(value, value)
        return Q(**{self.field or self.key: meant})


@dataclass(frozen=True, slots=True)
class Text:
    """A filter in which a part of a word is typed."""

    key: str
    title: Words
    fields: Sequence[str] = ()

    def options(self) -> list[tuple[str, Words]] | None:
        """None: there are no fixed answers, anything may be typed."""
        return None

    def query(self, value: str) -> Q:
        """Rows that have every word of `value` in one of the fields."""
        return words_query(value, self.fields or (self.key,))


Filter = Choice | Text


def words_query(text: str, fields: Sequence[str]) -> Q:
    """Rows that have every word of `text` in one of `fields`, upper and lower case alike."""
    words = text.split()
    per_word = [reduce(or_, [Q(**{f"{name}__icontains": word}) for name in fields]) for word in words]
    return reduce(and_, per_word, Q())
