"""Small things that the catalogue's templates ask for."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

from beheer.ui.words import STATES

register = template.Library()


@register.filter
def of_service(states: Mapping[int, str], service_id: int) -> str:
    """The state of a service among `states`; "unknown" where it has none."""
    return states.get(service_id, "unknown")


@register.filter
def state_word(state: str) -> str:
    """The word for a state."""
    return str(STATES.get(state, STATES["unknown"]))


@register.filter
def plus(value: float, more: float) -> float:
    """The sum: for places in a drawing."""
    return value + more


@register.filter
def unlocal(value: float) -> str:
    """A number as SVG wants it, in whatever language."""
    return f"{value:.1f}".removesuffix(".0")
