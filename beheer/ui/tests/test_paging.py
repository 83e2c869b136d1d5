"""Walking through pages visits every row once, in order, there and back, whatever the order and the filter."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import F, Q
from django.db.models.functions import Length
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra.django import TestCase

from beheer.ui.paging import Order

User = get_user_model()
DAY = datetime(2026, 11, 1, tzinfo=UTC)
people = some.lists(
    some.tuples(
        some.sampled_from(["", "a", "b", "é"]),
        some.one_of(some.none(), some.integers(0, 2)),
        some.booleans(),
    ),
    max_size=14,
)
orders = some.lists(
    some.sampled_from(
        [
            "display_name", "-display_name", "last_login", "-last_login", "is_active", "-is_active", "-pk",
            "date_joined", F("last_login").desc(nulls_last=True), Length("display_name").desc(),
        ]
    ),
    max_size=3,
    unique_by=str,
)  # fmt: skip
filters = some.sampled_from([Q(), Q(is_active=True), Q(last_login__isnull=False), ~Q(display_name="a")])


def walked(order: Order, size: int) -> list[list[Any]]:
    """The pages from the first to the last, each found from the one before it."""
    pages = [order.first(size)]
    while len(pages[-1]) == size:
        place = order.place(order.token(pages[-1][-1], len(pages)))
        assert place is not None
        pages.append(order.after(place, size))
    return pages if pages[-1] or len(pages) == 1 else pages[:-1]


class Walks(TestCase):
    """With a store, once for each example."""

    @settings(max_examples=150)
    @given(people, orders, filters, some.integers(1, 5))
    def test_every_row_is_visited_once_and_in_order_both_ways(
        self, rows: list[tuple[str, int | None, bool]], by: list[Any], wanted: Q, size: int
    ) -> None:
        User.objects.all().delete()
        User.objects.bulk_create(
            User(
                username=f"u{n}", email=f"u{n}@example.org", display_name=name, is_active=active,
                last_login=None if login is None else DAY + timedelta(days=login), date_joined=DAY,
            )
            for n, (name, login, active) in enumerate(rows)
        )  # fmt: skip
        order = Order(User.objects.filter(wanted).order_by(*by))
        whole = [row.pk for row in order.ordered()]
        pages = walked(order, size)
        assert [row.pk for page in pages for row in page] == whole
        assert sorted(whole) == sorted(User.objects.filter(wanted).values_list("pk", flat=True))
        for earlier, later in pairwise(pages):
            place = order.place(order.token(later[0], 2))
            assert place is not None
            assert order.before(place, size) == earlier

    def test_rows_with_nothing_in_the_order_come_last_both_ways(self) -> None:
        for n, login in enumerate([None, DAY, DAY + timedelta(days=1)]):
            User.objects.create(username=f"u{n}", email=f"u{n}@example.org", last_login=login)
        rising = Order(User.objects.order_by("last_login")).ordered()
        falling = Order(User.objects.order_by("-last_login")).ordered()
        assert [row.username for row in rising] == ["u1", "u2", "u0"]
        assert [row.username for row in falling] == ["u2", "u1", "u0"]
