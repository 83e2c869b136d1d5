"""The pages of the result areas in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_result_areas_fit_and_are_accessible(look_at: Callable[..., None]) -> None:
    look_at("/areas/", "/areas/1/", "/areas/10/?days=365")
