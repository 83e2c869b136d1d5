"""Half-open stretches of time, and instants as whole microseconds since 1970-01-01T00:00:00Z.

Spans are sorted, disjoint and not touching, so that two sets of the same instants are equal arrays.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beheer.lib.errors import InputError, Problem

Micros = npt.NDArray[np.int64]
"""Instants or lengths in microseconds."""

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
ENDLESS = 2**60
"""An instant after all others (some 36,000 years from now); -ENDLESS is before all others."""

_REMEDY = "UTC or an offset is required, such as 2026-03-01T22:00:00Z or 2026-03-01T23:00:00+01:00."


def to_us(instant: dt.datetime) -> int:
    """Microseconds since the epoch of an aware instant, exact.

    Raises: InputError when the instant has no offset.
    """
    if instant.utcoffset() is None:
        raise InputError(Problem(f"'{instant.isoformat()}' says no time zone.", "", _REMEDY))
    since = instant - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_us(instant_us: int) -> dt.datetime:
    """The aware UTC instant of so many microseconds since the epoch."""
    return EPOCH + dt.timedelta(microseconds=int(instant_us))


def parse_instant(text: str, field: str = "") -> int:
    """Microseconds of an ISO 8601 date and time with UTC or an offset.

    Raises: InputError when it is no date and time, or says no offset.
    """
    try:
        instant = dt.datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InputError(Problem(f"'{text}' is not a date and time.", field, _REMEDY)) from error
    if instant.utcoffset() is None:
        raise InputError(Problem(f"'{text}' says no time zone.", field, _REMEDY))
    return to_us(instant)


def format_instant(instant_us: int, timezone: dt.tzinfo = dt.UTC) -> str:
    """ISO 8601 text of an instant; UTC ends in Z, other zones in their offset."""
    return from_us(instant_us).astimezone(timezone).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True, eq=False)
class Spans:
    """Sorted, disjoint, non-touching half-open stretches [start, end) in microseconds, as two arrays."""

    start: Micros
    end: Micros

    def __len__(self) -> int:
        return len(self.start)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.start.tolist(), self.end.tolist(), strict=True)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Spans) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(tuple(self))

    @property
    def total_us(self) -> int:
        """Their lengths added up."""
        return int((self.end - self.start).sum())

    def contains(self, instants: Micros) -> npt.NDArray[np.bool_]:
        """For each instant whether it lies in one of the stretches."""
        begun = np.searchsorted(self.start, instants, "right")
        ended = np.searchsorted(self.end, instants, "right")
        return np.asarray(begun > ended)

    def clip(self, start: int, end: int) -> Spans:
        """What of them lies in [start, end)."""
        low, high = np.maximum(self.start, start), np.minimum(self.end, end)
        keep = low < high
        return Spans(low[keep], high[keep])

    def __or__(self, other: Spans) -> Spans:
        return merge(np.concatenate([self.start, other.start]), np.concatenate([self.end, other.end]))

    def __and__(self, other: Spans) -> Spans:
        edges = _edges(self, other)
        return _selected(edges, self.contains(edges) & other.contains(edges))

    def __sub__(self, other: Spans) -> Spans:
        edges = _edges(self, other)
        return _selected(edges, self.contains(edges) & ~other.contains(edges))


def merge(start: Micros, end: Micros) -> Spans:
    """Stretches in any order, overlapping or empty, as Spans: each instant once, touching ones joined."""
    keep = start < end
    start, end = start[keep], end[keep]
    if not len(start):
        return Spans(start, end)
    order = np.argsort(start, kind="stable")
    start, reach = start[order], np.maximum.accumulate(end[order])
    first = np.concatenate([[True], start[1:] > reach[:-1]])
    last = np.concatenate([first[1:], [True]])
    return Spans(start[first], reach[last])


def spans(pairs: Iterable[tuple[int, int]] = ()) -> Spans:
    """Spans of (start, end) pairs in microseconds, in any order."""
    table = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    return merge(table[:, 0], table[:, 1])


def _edges(one: Spans, other: Spans) -> Micros:
    return np.unique(np.concatenate([one.start, one.end, other.start, other.end]))


def _selected(edges: Micros, chosen: npt.NDArray[np.bool_]) -> Spans:
    """The stretches between neighbouring edges that are chosen by their first edge."""
    return merge(edges[:-1][chosen[:-1]], edges[1:][chosen[:-1]])
